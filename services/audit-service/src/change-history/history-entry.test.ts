import { historyEntry } from '@user-provisioning/contracts/admin/history'
import type { GroupFact, InstanceFact, MembersFact, UserFact } from '@user-provisioning/contracts/identity-facts'
import type { GroupImage, UserImage } from '@user-provisioning/contracts/images'
import { describe, expect, test } from 'vitest'
import {
  entriesOfIdentityFact,
  entriesOfMappingFact,
  entriesOfWorkflowFact,
  presentHistoryEntry,
} from './history-entry.ts'

const at = '2026-11-02T09:30:00.000Z'
const instanceId = '0199b0f2-7a3e-7c11-8f00-2d3c4b5a6978'
const actor = { type: 'idp', id: 'k1', name: 'Entra' } as const
const cause = { type: 'request', id: 'r1' } as const
const common = { id: 'r1/0', instanceId, entityId: 'u1', at, actor, cause, correlationId: 'r1', warnings: [] }

const user: UserImage = {
  id: 'U1',
  scimSyncId: 'U1',
  userName: 'Nora@Harbour.test',
  externalId: null,
  state: 'active',
  scim: {},
  fields: {},
  directManager: null,
  pendingManager: null,
  links: [],
  version: 1,
  scimVersion: 1,
  fieldsVersion: 0,
  createdAt: at,
  changedAt: at,
}
const group: GroupImage = {
  id: 'g1',
  scimSyncId: 'g1',
  displayName: 'Crew',
  externalId: null,
  state: 'active',
  scim: {},
  version: 1,
  scimVersion: 1,
  createdAt: at,
  changedAt: at,
}

function userFact(more: Partial<UserFact>): UserFact {
  return { type: 'UserUpdated', ...common, changes: [], user, ...more }
}

describe('a fact about a user', () => {
  test('has one entry for each change, each with an id of its own that does not depend on when it comes', () => {
    const fact = userFact({
      changes: [
        { kind: 'attribute', path: 'title', old: null, new: 'Engineer' },
        { kind: 'state', path: 'state', old: 'active', new: 'suspended' },
      ],
    })
    const entries = entriesOfIdentityFact(fact)
    expect(entries.map(({ _id, kind, path }) => [_id, kind, path])).toEqual([
      ['r1/0/0', 'attribute', 'title'],
      ['r1/0/1', 'state', 'state'],
    ])
    expect(entriesOfIdentityFact(fact)).toEqual(entries)
    expect(entries[0]).toMatchObject({ subject: { type: 'user', id: 'U1' }, old: null, new: 'Engineer', actor, cause })
  })

  test('is found by the id and by the name, folded', () => {
    const [entry] = entriesOfIdentityFact(
      userFact({ changes: [{ kind: 'link', path: 'job-title', old: null, new: 1 }] }),
    )
    expect(entry?.persons).toEqual(['u1', 'nora@harbour.test'])
  })

  test('that renames is found by the name before too, and a field of that value is not taken for a name', () => {
    const old = 'NORA.OLD@harbour.test'
    const renamed = { path: 'userName', old, new: user.userName } as const
    const [rename] = entriesOfIdentityFact(userFact({ changes: [{ kind: 'attribute', ...renamed }] }))
    expect(rename?.persons).toContain('nora.old@harbour.test')
    const [field] = entriesOfIdentityFact(userFact({ changes: [{ kind: 'field', ...renamed }] }))
    expect(field?.persons).not.toContain('nora.old@harbour.test')
  })

  test('that is announced again has no entries', () => {
    const changes = [{ kind: 'state' as const, path: 'state', old: null, new: 'active' }]
    expect(entriesOfIdentityFact(userFact({ changes, repeated: true }))).toEqual([])
  })

  test('shows its warnings; those of a proposal are shown once, by the engine that made it', () => {
    const warnings = [{ code: 'manager-pending', path: 'manager', detail: 'm1 is not here yet.' }]
    expect(entriesOfIdentityFact(userFact({ warnings }))).toEqual([
      expect.objectContaining({
        kind: 'warning',
        path: 'manager',
        old: null,
        new: { code: 'manager-pending', detail: 'm1 is not here yet.' },
      }),
    ])
    expect(entriesOfIdentityFact(userFact({ warnings, cause: { type: 'proposal', id: 'p' } }))).toEqual([])
  })
})

describe('a fact about members', () => {
  const added = [
    { id: 'u1', type: 'User' as const, name: 'Nora@harbour.test' },
    { id: 'u2', type: 'User' as const, name: 'Eli@harbour.test' },
  ]
  const removed = [{ id: 'u3', type: 'User' as const, name: 'Kim@harbour.test' }]
  const fact: MembersFact = {
    type: 'MembersChanged',
    ...common,
    entityId: 'g1',
    group,
    added,
    removed,
    changes: [{ kind: 'membership', path: 'members', old: null, new: 3 }],
  }

  test('has one entry for each member, found by the group and by the member', () => {
    const entries = entriesOfIdentityFact(fact)
    expect(entries.map(({ kind, old, new: now }) => [kind, old, now])).toEqual([
      ['membership', null, added[0]],
      ['membership', null, added[1]],
      ['membership', removed[0], null],
    ])
    expect(entries[2]?.persons).toEqual(['g1', 'crew', 'u3', 'kim@harbour.test'])
    expect(new Set(entries.map(({ _id }) => _id)).size).toBe(3)
  })

  test('of a group: a rename is found by both names', () => {
    const rename: GroupFact = {
      type: 'GroupUpdated',
      ...common,
      group,
      changes: [{ kind: 'attribute', path: 'displayName', old: 'Team', new: 'Crew' }],
    }
    expect(entriesOfIdentityFact(rename)[0]?.persons).toEqual(['g1', 'crew', 'team'])
  })
})

test('a key that was issued has an entry about the key', () => {
  const fact: InstanceFact = {
    type: 'ApiKeyIssued',
    ...common,
    subject: 'k9',
    changes: [{ kind: 'key', path: 'primary', old: null, new: 'Entra' }],
  }
  expect(entriesOfIdentityFact(fact)).toEqual([
    expect.objectContaining({ subject: { type: 'api-key', id: 'k9', name: null }, kind: 'key', new: 'Entra' }),
  ])
})

describe('the engines', () => {
  const engine = { id: 'r1/0/mapping/0', instanceId, entityId: 'u1', at, correlationId: 'r1' }
  const warnings = [
    { code: 'mapping-row-failed', path: 'office', detail: 'Row office gave no value: not a text.' },
    { code: 'mapping-row-failed', path: null, detail: 'x' },
  ]

  test('a row that failed has an entry that names the proposal it belongs to', () => {
    const entries = entriesOfMappingFact({ type: 'RowsFailed', ...engine, mappingSetVersion: 1, warnings })
    expect(entries).toHaveLength(2)
    expect(entries[0]).toMatchObject({
      _id: 'r1/0/mapping/0/rows/0',
      kind: 'mapping',
      path: 'office',
      cause: { type: 'proposal', id: 'r1/0/mapping' },
      persons: ['u1'],
    })
  })

  test('what an engine tells of a proposal is not taken for what came of it', () => {
    const ran = entriesOfWorkflowFact({ type: 'RulesRan', ...engine, rulesVersion: 1, fieldsVersion: 1, warnings })
    const failed = entriesOfMappingFact({ type: 'RowsFailed', ...engine, mappingSetVersion: 1, warnings })
    const linked = entriesOfIdentityFact(
      userFact({ id: engine.id, changes: [{ kind: 'link', path: 'job-title', old: null, new: 'x' }] }),
    )
    const ids = [...ran, ...failed, ...linked].map(({ _id }) => _id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('a run of the rules has an entry for each object it did not find, and none when all was found', () => {
    const run = { type: 'RulesRan' as const, ...engine, rulesVersion: 1, fieldsVersion: 1 }
    expect(entriesOfWorkflowFact({ ...run, warnings: [] })).toEqual([])
    expect(entriesOfWorkflowFact({ ...run, warnings })[0]).toMatchObject({ kind: 'rule', actor: { type: 'rule' } })
  })

  test('rules that were saved have an entry for each that is different; a paused one says why', () => {
    const admin = { type: 'admin', id: 'a1', name: 'Ada' } as const
    const changes = [{ kind: 'rule' as const, path: 'team -> team', old: null, new: { id: 'r1', field: 'team' } }]
    const subject = { type: 'workflow-rules', id: 'i1', name: 'Version 2' }
    const saved = { ...engine, entityId: 'i1', correlationId: 'r7', actor: admin, subject, changes, warnings: [] }
    expect(entriesOfWorkflowFact({ type: 'RulesSaved', ...saved })).toEqual([
      expect.objectContaining({ kind: 'rule', path: 'team -> team', subject, actor: admin, new: changes[0]?.new }),
    ])
    const paused = entriesOfWorkflowFact({ type: 'RulePaused', ...saved, warnings })
    expect(paused.map(({ kind, cause }) => `${kind} ${cause.type}`)).toEqual([
      'rule proposal',
      ...warnings.map(() => 'rule proposal'),
    ])
  })

  test('a created object has an entry with who created it', () => {
    const admin = { type: 'admin', id: 'a1', name: 'Ada' } as const
    const created = { ...engine, id: 'r7/0', entityId: 'o1', correlationId: 'r7', objectType: 'job-title' }
    expect(entriesOfWorkflowFact({ type: 'ObjectCreated', ...created, name: 'Engineer', actor: admin })).toEqual([
      expect.objectContaining({
        subject: { type: 'object', id: 'o1', name: 'Engineer' },
        kind: 'admin',
        path: 'job-title',
        new: 'Engineer',
        actor: admin,
        cause: { type: 'request', id: 'r7' },
      }),
    ])
  })
})

test('an entry is presented by the members that its route declares, and no other', () => {
  const [entry] = entriesOfIdentityFact(userFact({ changes: [{ kind: 'field', path: 'email', old: null, new: 'x' }] }))
  if (!entry) throw new Error('no entry')
  expect(historyEntry.parse(presentHistoryEntry(entry))).toMatchObject({ id: 'r1/0/0', at, correlationId: 'r1' })
})
