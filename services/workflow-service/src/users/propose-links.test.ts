import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import { topics } from '@user-provisioning/contracts/topics'
import { describe, expect, test } from 'vitest'
import { objectBook } from '../objects/object-store.ts'
import { defaultRuleSet } from '../rules/workflow-rule.ts'
import { proposeLinks, type UserCopies } from './propose-links.ts'

const at = '2026-11-02T09:30:00.000Z'
const now = new Date('2026-11-02T09:30:01.000Z')

const engineer = {
  _id: 'o1',
  instanceId: 'i1',
  type: 'job-title',
  name: 'Engineer',
  foldedName: 'engineer',
  version: 1,
  createdAt: now,
  changedAt: now,
}

function fact(fieldsVersion: number, title: string): UserFact {
  return {
    type: 'FieldsChanged',
    id: `r${fieldsVersion}/0/mapping/0`,
    instanceId: 'i1',
    entityId: 'u1',
    at,
    actor: { type: 'system', id: 'mapping', name: 'Mapping' },
    cause: { type: 'proposal', id: `r${fieldsVersion}/0/mapping` },
    correlationId: `r${fieldsVersion}`,
    changes: [],
    warnings: [],
    user: {
      id: 'u1',
      scimSyncId: 'u1',
      userName: 'nora@harbour.test',
      externalId: null,
      state: 'active',
      scim: {},
      fields: { scimSyncJobTitle: title },
      directManager: null,
      pendingManager: null,
      links: [],
      version: fieldsVersion + 1,
      scimVersion: 1,
      fieldsVersion,
      createdAt: at,
      changedAt: at,
    },
  }
}

/** Announcements of a decision, each found to be what its topic declares. */
function announced(decision: ReturnType<typeof proposeLinks>) {
  const declared = {
    [topics.workflowProposals.name]: topics.workflowProposals,
    [topics.workflowFacts.name]: topics.workflowFacts,
  }
  const announcements = 'announcements' in decision ? decision.announcements : []
  return announcements.map(({ topic, key, value }) => ({ topic, key, value: declared[topic]?.schema.parse(value) }))
}

describe('a change of fields', () => {
  test("announces the links that rules hold and that they ran, under the user's key", () => {
    const view = { copies: new Map(), book: objectBook([engineer]) }
    expect(announced(proposeLinks(fact(1, 'engineer'), view, defaultRuleSet, now))).toEqual([
      {
        topic: topics.workflowProposals.name,
        key: 'i1/u1',
        value: expect.objectContaining({
          id: 'r1/0/mapping/0/workflow',
          factId: 'r1/0/mapping/0',
          correlationId: 'r1',
          fieldsVersion: 1,
          rulesVersion: 1,
          links: [{ objectType: 'job-title', objectId: 'o1', objectName: 'Engineer', ruleId: 'job-title' }],
        }),
      },
      {
        topic: topics.workflowFacts.name,
        key: 'i1/u1',
        value: expect.objectContaining({ type: 'RulesRan', id: 'r1/0/mapping/0/workflow/0', warnings: [] }),
      },
    ])
  })

  test('never links an object of another instance', () => {
    const view = { copies: new Map(), book: objectBook([{ ...engineer, instanceId: 'i2' }]) }
    expect(announced(proposeLinks(fact(1, 'Engineer'), view, defaultRuleSet, now))).toEqual([
      expect.objectContaining({
        value: expect.objectContaining({
          type: 'RulesRan',
          warnings: [expect.objectContaining({ code: 'object-not-found' })],
        }),
      }),
    ])
  })

  test('is decided after the facts before it in its group, and its write is conditional on their version', () => {
    const copies: UserCopies = new Map()
    const view = { copies, book: objectBook([engineer]) }
    proposeLinks(fact(1, 'Engineer'), view, defaultRuleSet, now)
    expect(proposeLinks(fact(1, 'Engineer'), view, defaultRuleSet, now)).toEqual({ reply: null })
    const second = proposeLinks(fact(2, 'Pilot'), view, defaultRuleSet, now)
    expect('writes' in second && second.writes[0]).toMatchObject({
      kind: 'update',
      expect: 'one',
      filter: { $and: [{ instanceId: { $eq: 'i1' } }, { _id: 'u1', version: 2 }] },
    })
  })
})
