import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import { topics } from '@user-provisioning/contracts/topics'
import { describe, expect, test } from 'vitest'
import type { MappingSet } from '../mapping-sets/mapping-set.ts'
import { defaultMappingSet } from '../mapping-sets/mapping-set.ts'
import { proposeFields, type UserCopies } from './propose-fields.ts'

const at = '2026-11-02T09:30:00.000Z'
const now = new Date('2026-11-02T09:30:01.000Z')
const badRow: MappingSet['rows'][number] = {
  id: 'bad',
  source: { path: 'active' },
  target: 'office',
  readOnly: false,
  onNativeEdit: 'idp-wins',
}
const withBadRow: MappingSet = { version: 3, rows: [badRow, ...defaultMappingSet.rows] }

function fact(version: number, id = `r${version}/0`): UserFact {
  return {
    type: 'UserUpdated',
    id,
    instanceId: 'i1',
    entityId: 'u1',
    at,
    actor: { type: 'idp', id: 'k1', name: 'Entra' },
    cause: { type: 'request', id: `r${version}` },
    correlationId: `r${version}`,
    changes: [],
    warnings: [],
    user: {
      id: 'u1',
      scimSyncId: 'u1',
      userName: 'nora@harbour.test',
      externalId: null,
      state: 'active',
      scim: { title: 'Engineer', active: true },
      fields: {},
      directManager: null,
      pendingManager: null,
      links: [],
      version,
      scimVersion: version,
      fieldsVersion: 0,
      createdAt: at,
      changedAt: at,
    },
  }
}

/** Announcements of a decision by topic, each found to be what its topic declares. */
function announced(decision: ReturnType<typeof proposeFields>) {
  const declared = {
    [topics.mappingProposals.name]: topics.mappingProposals,
    [topics.mappingFacts.name]: topics.mappingFacts,
  }
  const announcements = 'announcements' in decision ? decision.announcements : []
  return announcements.map(({ topic, key, value }) => ({ topic, key, value: declared[topic]?.schema.parse(value) }))
}

describe('a user fact', () => {
  test("writes the user's copy and announces the proposal under the user's key", () => {
    const decision = proposeFields(fact(1), new Map(), defaultMappingSet, now)
    expect(announced(decision)).toEqual([
      {
        topic: topics.mappingProposals.name,
        key: 'i1/u1',
        value: expect.objectContaining({
          id: 'r1/0/mapping',
          factId: 'r1/0',
          userId: 'u1',
          correlationId: 'r1',
          scimVersion: 1,
          mappingSetVersion: 1,
        }),
      },
    ])
    expect('writes' in decision && decision.writes).toEqual([expect.objectContaining({ kind: 'insert' })])
  })

  test('with a row that failed announces the rest of the fields, and the failure', () => {
    const [proposal, failed, ...more] = announced(proposeFields(fact(1), new Map(), withBadRow, now))
    expect(proposal?.value).toMatchObject({ fields: { scimSyncJobTitle: 'Engineer' }, mappingSetVersion: 3 })
    expect(failed).toMatchObject({
      topic: topics.mappingFacts.name,
      key: 'i1/u1',
      value: { type: 'RowsFailed', id: 'r1/0/mapping/0', entityId: 'u1', warnings: [{ path: 'office' }] },
    })
    expect(more).toEqual([])
  })

  test('is decided after the facts before it in its group, and its write is conditional on their version', () => {
    const copies: UserCopies = new Map()
    proposeFields(fact(1), copies, defaultMappingSet, now)
    const second = proposeFields(fact(2), copies, defaultMappingSet, now)
    expect('writes' in second && second.writes[0]).toMatchObject({
      kind: 'update',
      expect: 'one',
      filter: { $and: [{ instanceId: { $eq: 'i1' } }, { _id: 'u1', version: 1 }] },
    })
    const again = proposeFields(fact(2, 'other/0'), copies, defaultMappingSet, now)
    expect(again).toEqual({ reply: null })
  })
})
