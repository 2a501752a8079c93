import type { JsonObject } from '@user-provisioning/scim/json'
import { enterpriseUserSchema } from '@user-provisioning/scim/schema'
import { describe, expect, test } from 'vitest'
import type { Command } from '../commands/command.ts'
import {
  acme,
  apiKey,
  decide,
  decided,
  deleted,
  group,
  integrationUser,
  managed,
  membership,
  native,
  now,
  refusedWith,
  scimCommand,
  seen,
} from '../commands/sample-instance.ts'

const provision = (userId: string, scim: JsonObject): Command => scimCommand({ type: 'ProvisionUser', userId, scim })
const replace = (userId: string, scim: JsonObject, ifMatch?: string[]): Command =>
  scimCommand({ type: 'ReplaceUser', userId, scim, ifMatch })
const patch = (userId: string, path: string, value: string | boolean | null, ifMatch?: string[]): Command =>
  scimCommand({ type: 'PatchUser', userId, operations: [{ op: 'replace', path, value }], ifMatch })
const remove = (userId: string): Command => scimCommand({ type: 'DeleteUser', userId })
const pickUp = (userId: string): Command => scimCommand({ type: 'PickUpUser', userId })
const manager = `${enterpriseUserSchema}:manager.value`
const withManager = (value: string) => ({ [enterpriseUserSchema]: { manager: { value } } })
const nora = { userName: 'Nora@acme.test', active: true, title: 'Engineer' }

describe('a create', () => {
  test('is managed under the minted id, with the name applied by identity itself', () => {
    const view = seen()
    const { reply, types, facts, isWritten } = decided(provision('u', nora), view)
    expect(isWritten).toBe(true)
    expect(reply).toMatchObject({
      outcome: 'created',
      resource: { id: 'u', managed: true, scim: nora, scimVersion: 1, groups: [] },
    })
    expect(types).toEqual(['UserProvisioned'])
    expect(facts[0]).toMatchObject({
      id: 'r/0',
      actor: { type: 'idp', id: 'key', name: 'Entra' },
      cause: { type: 'request', id: 'r' },
      correlationId: 'r',
      user: { scimSyncId: 'u', fields: { userName: 'Nora@acme.test' }, version: 1, fieldsVersion: 1 },
    })
    expect(facts[0].changes).toContainEqual({ kind: 'state', path: 'state', old: null, new: 'active' })
    expect(facts[0].changes).toContainEqual({ kind: 'attribute', path: 'title', old: null, new: 'Engineer' })
  })

  test('of one name twice in a committing group: the second is a clash', () => {
    const view = seen()
    decided(provision('u', nora), view)
    expect(refusedWith(provision('v', { ...nora, userName: 'nora@ACME.test' }), view)).toBe('user-name-taken')
  })

  test.each([
    ['a managed user here', managed('nora'), 'user-name-taken'],
    ['a user of another instance', managed('nora', {}, 'other'), 'user-name-taken-elsewhere'],
    ['a native of another instance', native('nora', {}, 'other'), 'user-name-taken-elsewhere'],
    ['a protected account', { ...integrationUser, _id: 'x', userName: 'nora@acme.test' }, 'pick-up-refused'],
  ])('whose name is held by %s is refused and writes nothing', (_, holder, code) => {
    expect(refusedWith(provision('u', nora), seen({ users: [holder] }))).toBe(code)
  })

  test('cannot grow, by one change or by many, beyond what a message can tell of', () => {
    const half = 'x'.repeat(600_000)
    const view = seen({ users: [managed('nora', { displayName: half })] })
    expect(refusedWith(patch('nora', 'title', half), view)).toBe('resource-too-large')
    expect(decided(patch('nora', 'displayName', half.replaceAll('x', 'y')), view).types).toEqual(['UserUpdated'])
    expect(decided(remove('nora'), view).types).toEqual(['UserDeleted'])
  })

  test('takes the name of a deleted user', () => {
    expect(decided(provision('u', nora), seen({ users: [deleted(managed('nora'))] })).reply.outcome).toBe('created')
  })

  test("of a native's name says which native and writes nothing; with its id it picks up and keeps what is absent", () => {
    const view = seen({ users: [native('nora', { firstName: 'Nora', lastName: 'Quist' })] })
    expect(decided(provision('u', nora), view)).toMatchObject({
      reply: { outcome: 'native', entityId: 'nora' },
      isWritten: false,
    })
    const { reply, types, facts } = decided(provision('nora', { ...nora, name: { givenName: 'Eleonora' } }), view)
    expect(reply).toMatchObject({ outcome: 'created', resource: { id: 'nora', managed: true, scimVersion: 2 } })
    expect(types).toEqual(['UserPickedUp'])
    expect(facts[0].user.scim.name).toEqual({ givenName: 'Eleonora', familyName: 'Quist' })
    expect(facts[0].changes).toContainEqual({ kind: 'state', path: 'scimSyncId', old: null, new: 'nora' })
  })

  test.each([
    ['gone', deleted(native('nora')), 'not-found'],
    ['renamed', { ...native('nora'), userName: 'other@acme.test' }, 'not-found'],
    ['managed by now', managed('nora'), 'user-name-taken'],
  ])('sent to a native that is %s is refused', (_, user, code) => {
    expect(refusedWith(provision('nora', nora), seen({ users: [user] }))).toBe(code)
  })
})

describe('a change', () => {
  test('of one attribute raises version and SCIM version once, and says old and new', () => {
    const view = seen({ users: [managed('nora', { title: 'Engineer' })] })
    const { reply, types, facts } = decided(patch('nora', 'title', 'Lead'), view)
    expect(reply).toMatchObject({ outcome: 'changed', resource: { scimVersion: 2, modifiedAt: now.toISOString() } })
    expect(types).toEqual(['UserUpdated'])
    expect(facts[0].changes).toEqual([{ kind: 'attribute', path: 'title', old: 'Engineer', new: 'Lead' }])
    expect(facts[0].user).toMatchObject({ version: 2, scimVersion: 2, fieldsVersion: 1 })
  })

  test('to what is there already writes nothing and tells nobody', () => {
    const view = seen({ users: [managed('nora', { title: 'Engineer' })] })
    const same = { userName: 'nora@acme.test', title: 'Engineer', active: true }
    for (const command of [patch('nora', 'title', 'Engineer'), replace('nora', same)]) {
      expect(decided(command, view)).toMatchObject({ reply: { outcome: 'changed' }, isWritten: false, types: [] })
    }
  })

  test('by PUT clears what is absent, but never active', () => {
    const view = seen({ users: [managed('nora', { title: 'Engineer', active: false })] })
    const { facts } = decided(replace('nora', { userName: 'nora@acme.test' }), view)
    expect(facts[0].user).toMatchObject({ scim: { userName: 'nora@acme.test', active: false }, state: 'suspended' })
    expect(facts[0].user.scim).not.toHaveProperty('title')
  })

  test.each([
    [false, 'UserSuspended', 'suspended', true],
    [true, 'UserReactivated', 'active', false],
  ])('of active to %s is %s and keeps fields, links and memberships', (active, type, state, before) => {
    const view = seen({
      users: [managed('nora', { active: before })],
      groups: [group('g')],
      memberships: [membership('g', 'nora')],
    })
    const { types, facts, reply } = decided(patch('nora', 'active', active), view)
    expect(types).toEqual([type])
    expect(facts[0].user.state).toBe(state)
    expect(reply).toMatchObject({ resource: { groups: [{ id: 'g', name: 'Team g', direct: true }] } })
  })

  test('of the name moves the claim, and is refused where another has it', () => {
    const view = seen({ users: [managed('nora'), managed('ola'), native('kim')] })
    expect(refusedWith(patch('nora', 'userName', 'OLA@acme.test'), view)).toBe('user-name-taken')
    expect(refusedWith(patch('nora', 'userName', 'kim@acme.test'), view)).toBe('user-name-taken')
    const { facts, writes } = decided(patch('nora', 'userName', 'eleonora@acme.test'), view)
    expect(facts[0].changes).toEqual([
      { kind: 'attribute', path: 'userName', old: 'nora@acme.test', new: 'eleonora@acme.test' },
      { kind: 'field', path: 'userName', old: 'nora@acme.test', new: 'eleonora@acme.test' },
    ])
    expect(facts[0].user.fieldsVersion).toBe(2)
    expect(writes.map(({ kind, collection }) => `${kind} ${collection}`)).toEqual([
      'remove userNames',
      'insert userNames',
      'update users',
    ])
    expect(view.userName('nora@acme.test')).toBeUndefined()
  })

  test('of the case of the name alone keeps the claim', () => {
    const view = seen({ users: [managed('nora')] })
    expect(decided(patch('nora', 'userName', 'Nora@Acme.test'), view).writes).toHaveLength(1)
  })

  test('is conditional on the version that was read', () => {
    const { writes } = decided(patch('nora', 'title', 'Lead'), seen({ users: [managed('nora')] }))
    expect(JSON.stringify(writes[0])).toContain('"version":1')
    expect(writes[0]).toMatchObject({ expect: 'one' })
  })

  test.each([
    ['matching tag', ['W/"1"'], undefined],
    ['any', ['*'], undefined],
    ['stale tag', ['W/"7"'], 'precondition-failed'],
    ['no readable tag', [], 'precondition-failed'],
  ])('with If-Match: %s', (_, ifMatch, code) => {
    expect(refusedWith(patch('nora', 'title', 'Lead', ifMatch), seen({ users: [managed('nora')] }))).toBe(code)
  })

  test.each([
    ['another tag', ['W/"7"'], undefined],
    ['its tag', ['"0"', '"1"'], 'precondition-failed'],
    ['any', ['*'], 'precondition-failed'],
  ])('with If-None-Match: %s', (_, ifNoneMatch, code) => {
    const command = { ...patch('nora', 'title', 'Lead'), ifNoneMatch }
    expect(refusedWith(command, seen({ users: [managed('nora')] }))).toBe(code)
  })

  test.each([
    ['unknown', []],
    ['deleted', [deleted(managed('nora'))]],
    ['of another instance', [managed('nora', {}, 'other')]],
    ['protected', [{ ...integrationUser, _id: 'nora' }]],
  ])('of a user that is %s is not found', (_, users) => {
    const view = seen({ users })
    for (const command of [patch('nora', 'title', 'x'), replace('nora', nora), remove('nora'), pickUp('nora')]) {
      expect(refusedWith(command, view)).toBe('not-found')
    }
  })
})

describe('a pick-up', () => {
  test('by lookup raises the version, not the SCIM version; the second is nothing', () => {
    const view = seen({ users: [native('nora')] })
    const { types, facts } = decided(pickUp('nora'), view)
    expect(types).toEqual(['UserPickedUp'])
    expect(facts[0].user).toMatchObject({ scimSyncId: 'nora', version: 2, scimVersion: 1 })
    expect(facts[0].changes).toEqual([{ kind: 'state', path: 'scimSyncId', old: null, new: 'nora' }])
    expect(decided(pickUp('nora'), view)).toMatchObject({ reply: { outcome: 'changed' }, isWritten: false })
  })

  test('comes with the first PATCH or PUT by id, even one that changes nothing', () => {
    const same = { userName: 'nora@acme.test', active: true }
    for (const command of [patch('nora', 'active', true), replace('nora', same)]) {
      const { types, facts } = decided(command, seen({ users: [native('nora')] }))
      expect(types).toEqual(['UserPickedUp'])
      expect(facts[0].user).toMatchObject({ scimSyncId: 'nora', scimVersion: 1 })
    }
  })
})

describe('a manager', () => {
  test.each([
    ['a managed user', [managed('boss')], 'boss', null],
    ['a native', [native('boss')], null, 'boss'],
    ['deleted', [deleted(managed('boss'))], null, 'boss'],
    ['unknown', [], null, 'boss'],
    ["another instance's", [managed('boss', {}, 'other')], null, 'boss'],
  ])('that is %s', (_, users, directManager, pendingManager) => {
    const view = seen({ users: [...users, managed('nora')] })
    const { facts, reply } = decided(patch('nora', manager, 'boss'), view)
    expect(facts[0].user).toMatchObject({ directManager, pendingManager })
    expect(facts[0].warnings.map(({ code }: { code: string }) => code)).toEqual(
      directManager === null ? ['manager-pending'] : [],
    )
    expect(reply).toMatchObject({ resource: { scim: { [enterpriseUserSchema]: { manager: { value: 'boss' } } } } })
  })

  test('that is cleared is none', () => {
    const view = seen({ users: [managed('boss'), managed('nora')] })
    decided(patch('nora', manager, 'boss'), view)
    const { facts } = decided(patch('nora', manager, null), view)
    expect(facts[0].user).toMatchObject({ directManager: null, pendingManager: null })
    expect(facts[0].changes).toContainEqual({ kind: 'field', path: 'directManager', old: 'boss', new: null })
  })

  test('that is picked up becomes the Direct Manager of those who waited for it', () => {
    const view = seen({ users: [native('boss'), managed('nora', withManager('boss'))] })
    const { types, facts } = decided(pickUp('boss'), view)
    expect(types).toEqual(['UserPickedUp', 'UserUpdated'])
    expect(facts[1]).toMatchObject({
      id: 'r/1',
      entityId: 'nora',
      user: { directManager: 'boss', pendingManager: null, scimVersion: 1, version: 2 },
    })
  })
})

describe('managers', () => {
  const boss = (id: string, manager: string, more = {}) => ({
    ...managed(id, withManager(manager)),
    directManager: manager,
    pendingManager: null,
    ...more,
  })
  const warned = (facts: { warnings: { code: string; detail: string }[] }[]) =>
    facts.map(({ warnings }) => warnings.map(({ code }) => code))

  test('that lead in a circle are told of, and made', () => {
    const view = seen({ users: [boss('a', 'b'), boss('b', 'c'), managed('c')] })
    const { facts, reply } = decided(patch('c', manager, 'a'), view)
    expect(reply.outcome).toBe('changed')
    expect(facts[0].user).toMatchObject({ directManager: 'a' })
    expect(facts[0].warnings).toEqual([
      expect.objectContaining({ code: 'reference-cycle', detail: expect.stringContaining('c, a, b, c') }),
    ])
    expect(warned(decided(patch('c', 'title', 'Chief'), view).facts)).toEqual([[]])
    expect(warned(decided(patch('c', manager, 'c'), view).facts)).toEqual([['reference-cycle']])
  })

  test('above them may be in a circle of their own', () => {
    const view = seen({ users: [boss('a', 'b'), boss('b', 'a'), managed('c')] })
    expect(warned(decided(patch('c', manager, 'a'), view).facts)).toEqual([[]])
  })

  test('that close a circle when they are picked up are told of with the report', () => {
    const view = seen({ users: [native('boss'), managed('nora', withManager('boss'))] })
    const { facts } = decided(patch('boss', manager, 'nora'), view)
    expect(warned(facts)).toEqual([[], ['reference-cycle']])
  })

  test("that are deleted are nobody's Direct Manager any more, and wait to come again", () => {
    const view = seen({ users: [managed('boss'), boss('nora', 'boss'), boss('other', 'nora')] })
    const { types, facts } = decided(remove('boss'), view)
    expect(types).toEqual(['UserDeleted', 'UserUpdated'])
    expect(facts[1]).toMatchObject({
      entityId: 'nora',
      user: { directManager: null, pendingManager: 'boss', scimVersion: 1 },
      changes: [{ kind: 'field', path: 'directManager', old: 'boss', new: null }],
      warnings: [{ code: 'manager-pending' }],
    })
    expect(view.user(acme, 'nora')).toMatchObject({ directManager: null, pendingManager: 'boss' })
  })

  test('of more users than one transaction changes follow in transactions of their own', () => {
    const reports = Array.from({ length: 501 }, (_, n) => managed(`r${n}`, withManager('boss')))
    expect(decide(pickUp('boss'), seen({ users: [native('boss'), ...reports] }))).toBe('too-large')
    expect(decide(pickUp('boss'), seen({ users: [native('boss'), ...reports.slice(1)] }))).not.toBe('too-large')
  })
})

test('a user that appears joins the groups that were given it before; each is told, and has a new version', () => {
  const view = seen({
    users: [native('nora')],
    groups: [group('g'), group('h'), group('gone', { visible: false })],
    memberships: [
      membership('g', 'nora', { pending: true, memberType: 'Group' }),
      membership('gone', 'nora', { pending: true }),
      membership('h', 'nora'),
    ],
  })
  const { types, facts } = decided(pickUp('nora'), view)
  expect(types).toEqual(['UserPickedUp', 'MembersChanged'])
  expect(facts[1]).toMatchObject({ entityId: 'g', added: [{ id: 'nora', type: 'User' }], group: { scimVersion: 2 } })
  expect(view.membership('g', 'nora')).toMatchObject({ pending: false, memberType: 'User' })
})

describe('a delete', () => {
  test('leaves a tombstone, frees the name, leaves the groups; the second is not found', () => {
    const view = seen({
      users: [managed('nora')],
      groups: [group('g')],
      memberships: [membership('g', 'nora')],
    })
    const { reply, types, facts } = decided(remove('nora'), view)
    expect(reply).toEqual({ outcome: 'deleted' })
    expect(types).toEqual(['UserDeleted', 'MembersChanged'])
    expect(facts[0].changes).toEqual([{ kind: 'state', path: 'state', old: 'active', new: 'deleted' }])
    expect(facts[1]).toMatchObject({
      removed: [{ id: 'nora', type: 'User', name: 'nora@acme.test' }],
      group: { scimVersion: 2 },
    })
    expect(view.userName('nora@acme.test')).toBeUndefined()
    expect(view.membership('g', 'nora')).toBeUndefined()
    expect(refusedWith(remove('nora'), view)).toBe('not-found')
  })

  test('of a native is refused', () => {
    expect(refusedWith(remove('nora'), seen({ users: [native('nora')] }))).toBe('native-delete-refused')
  })
})

describe('who asks is checked against what is stored', () => {
  const at = now.toISOString()
  test.each([
    ['a revoked key', { apiKeys: [{ ...apiKey, revokedAt: now }] }, { code: 'token-revoked', slots: { at } }],
    ['an expired key', { apiKeys: [{ ...apiKey, expiresAt: now }] }, { code: 'token-expired', slots: { at } }],
    ['an unknown key', { apiKeys: [] }, { code: 'token-invalid' }],
    ['a key of another instance', { apiKeys: [{ ...apiKey, instanceId: 'other' }] }, { code: 'token-invalid' }],
    ['no instance', { instances: [] }, { code: 'instance-refused' }],
  ])('%s', (_, documents, fault) => {
    expect(decided(provision('u', nora), seen(documents)).reply).toMatchObject({ outcome: 'refused', fault })
  })

  test.each([
    [{ state: 'suspended' as const }, 'is suspended'],
    [{ role: 'viewer' as const }, 'lacks Lite Admin'],
    [{ state: 'deleted' as const }, 'is deleted'],
  ])('an integration user with %o', (more, reason) => {
    const view = seen()
    view.apply([{ kind: 'user', before: integrationUser, after: { ...integrationUser, ...more } }])
    const { reply } = decided(provision('u', nora), view)
    expect(reply).toMatchObject({ fault: { code: 'integration-user-refused', slots: { reason } } })
  })
})

test('a user of another instance is never seen', () => {
  expect(seen({ users: [managed('nora', {}, 'other')] }).user(acme, 'nora')).toBeUndefined()
})
