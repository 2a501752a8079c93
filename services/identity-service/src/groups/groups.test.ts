import type { JsonObject, JsonValue } from '@user-provisioning/scim/json'
import { describe, expect, test } from 'vitest'
import type { Command } from '../commands/command.ts'
import {
  adminCommand,
  decide,
  decided,
  deleted,
  group,
  integrationUser,
  managed,
  membership,
  native,
  refusedWith,
  scimCommand,
  seen,
} from '../commands/sample-instance.ts'

const provision = (groupId: string, scim: JsonObject): Command => scimCommand({ type: 'ProvisionGroup', groupId, scim })
const replace = (scim: JsonObject): Command => scimCommand({ type: 'ReplaceGroup', groupId: 'g', scim })
const patch = (op: 'add' | 'remove' | 'replace', path: string, value?: JsonValue): Command =>
  scimCommand({
    type: 'PatchGroup',
    groupId: 'g',
    operations: [{ op, path, ...(value === undefined ? {} : { value }) }],
  })
const remove = (groupId: string): Command => scimCommand({ type: 'DeleteGroup', groupId })
const members = (...ids: string[]) => ids.map((value) => ({ value }))
const users = ['a', 'b', 'c'].map((id) => managed(id))
const nativeGroup = group('n', { scimSyncId: null })

describe('a create', () => {
  test('stores members one by one; those who are not here are pending and not shown', () => {
    const view = seen({ users: [...users, deleted(managed('gone')), { ...integrationUser, _id: 'protected' }] })
    const scim = { displayName: 'Team', members: members('a', 'gone', 'protected', 'unknown', 'a') }
    const { reply, types, facts } = decided(provision('g', scim), view)
    expect(types).toEqual(['GroupProvisioned', 'MembersChanged'])
    const shown = [{ id: 'a', type: 'User', name: 'a@acme.test' }]
    expect(reply).toMatchObject({
      outcome: 'created',
      resource: { id: 'g', scim: { displayName: 'Team' }, scimVersion: 1, members: shown },
    })
    expect(facts[0].group.scim).not.toHaveProperty('members')
    expect(facts[1]).toMatchObject({ id: 'r/1', added: shown, removed: [] })
    expect(view.membership('g', 'unknown')).toMatchObject({ pending: true })
    expect(view.membership('g', 'a')).toMatchObject({ pending: false })
  })

  test('of a name that is taken, in any case, is refused', () => {
    const view = seen({ groups: [group('g')] })
    expect(refusedWith(provision('h', { displayName: 'TEAM G' }), view)).toBe('group-name-taken')
  })

  test('twice in a committing group is refused the second time', () => {
    const view = seen()
    decided(provision('g', { displayName: 'Team' }), view)
    expect(refusedWith(provision('h', { displayName: 'team' }), view)).toBe('group-name-taken')
  })

  test("of a native's name says which; with its id it picks up", () => {
    const view = seen({ groups: [nativeGroup] })
    const scim = { displayName: 'team n', externalId: 'e' }
    expect(decided(provision('h', scim), view)).toMatchObject({
      reply: { outcome: 'native', entityId: 'n' },
      isWritten: false,
    })
    const { reply, types } = decided(provision('n', scim), view)
    expect(types).toEqual(['GroupPickedUp'])
    expect(reply).toMatchObject({ outcome: 'created', resource: { id: 'n', managed: true, scimVersion: 2 } })
  })
})

describe('members', () => {
  const view = () => seen({ users, groups: [group('g')], memberships: [membership('g', 'a')] })

  test('are added once; who is there already is no difference', () => {
    const seenNow = view()
    const { reply, types, facts, writes } = decided(patch('add', 'members', members('a', 'b')), seenNow)
    expect(types).toEqual(['MembersChanged'])
    expect(facts[0].added.map(({ id }: { id: string }) => id)).toEqual(['b'])
    expect(facts[0].group).toMatchObject({ version: 2, scimVersion: 2 })
    expect(reply).toMatchObject({ resource: { scimVersion: 2, members: null } })
    expect(writes.map(({ kind, collection }) => `${kind} ${collection}`)).toEqual([
      'update groups',
      'insert memberships',
    ])
    expect(decided(patch('add', 'members', members('a', 'b')), seenNow).isWritten).toBe(false)
  })

  test('are removed by list or filter; who is not there is no fault', () => {
    for (const command of [patch('remove', 'members', members('a', 'b')), patch('remove', 'members[value eq "a"]')]) {
      const { facts } = decided(command, view())
      expect(facts[0].removed).toEqual([{ id: 'a', type: 'User', name: 'a@acme.test' }])
    }
    expect(decided(patch('remove', 'members[value eq "b"]'), view()).isWritten).toBe(false)
  })

  test('are replaced by writing only the difference', () => {
    const { facts, writes } = decided(replace({ displayName: 'Team g', members: members('a', 'c') }), view())
    expect(facts[0]).toMatchObject({ type: 'MembersChanged', added: [{ id: 'c' }], removed: [] })
    expect(writes).toHaveLength(2)
    expect(decided(replace({ displayName: 'Team g', members: members('b') }), view()).facts[0]).toMatchObject({
      added: [{ id: 'b' }],
      removed: [{ id: 'a' }],
    })
  })

  test('are left alone by a PUT that does not speak of them, and all go with an empty list', () => {
    expect(decided(replace({ displayName: 'Team g' }), view()).isWritten).toBe(false)
    expect(decided(replace({ displayName: 'Team g', members: [] }), view()).facts[0]).toMatchObject({
      removed: [{ id: 'a' }],
    })
  })

  test('are in the answer to a PUT that names them, though it changes nothing', () => {
    const { reply, isWritten } = decided(replace({ displayName: 'Team g', members: members('a') }), view())
    expect(isWritten).toBe(false)
    expect(reply).toMatchObject({ resource: { members: [{ id: 'a' }] } })
  })

  test('of whom more than 1,000 come into it are too many for one transaction', () => {
    const many = Array.from({ length: 1_001 }, (_, n) => managed(`m${n}`))
    const ids = many.map(({ _id }) => _id)
    const full = () =>
      seen({ users: many, groups: [group('g')], memberships: ids.map((id) => membership('g', id, { pending: true })) })
    for (const command of [
      patch('add', 'members', members(...ids)),
      patch('remove', 'members', members(...ids)),
      patch('remove', 'members'),
      replace({ displayName: 'Team g', members: members('m1') }),
      remove('g'),
    ]) {
      expect(decide(command, full())).toBe('too-large')
    }
    expect(decide(replace({ displayName: 'New' }), full())).not.toBe('too-large')
    expect(decide(patch('add', 'members', members(...ids.slice(1))), full())).not.toBe('too-large')
  })

  test('that were pending become members when they are added again and are here', () => {
    const seenNow = seen({ users, groups: [group('g')], memberships: [membership('g', 'a', { pending: true })] })
    expect(decided(patch('add', 'members', members('a')), seenNow).facts[0].added).toHaveLength(1)
  })

  test('may be groups and natives', () => {
    const seenNow = seen({ users: [native('x')], groups: [group('g'), group('h')] })
    const { facts } = decided(patch('add', 'members', members('x', 'h')), seenNow)
    expect(facts[0].added).toEqual([
      { id: 'x', type: 'User', name: 'x@acme.test' },
      { id: 'h', type: 'Group', name: 'Team h' },
    ])
  })
})

describe('a change', () => {
  test('of the name is refused where another group has it', () => {
    const view = seen({ groups: [group('g'), group('h')] })
    expect(refusedWith(patch('replace', 'displayName', 'team H'), view)).toBe('group-name-taken')
    expect(decided(patch('replace', 'displayName', 'TEAM G'), view).types).toEqual(['GroupUpdated'])
  })

  test('that makes the group larger than facts may be is refused', () => {
    const seenNow = seen({ groups: [group('g')] })
    const scim = { displayName: 'Team g', 'urn:example:Group': { note: 'é'.repeat(600_000) } }
    expect(refusedWith(replace(scim), seenNow)).toBe('resource-too-large')
  })

  test('to the same writes nothing', () => {
    expect(decided(patch('replace', 'displayName', 'Team g'), seen({ groups: [group('g')] })).isWritten).toBe(false)
  })

  test('picks a native up', () => {
    const view = seen({ groups: [nativeGroup] })
    const { types, facts } = decided(scimCommand({ type: 'PickUpGroup', groupId: 'n' }), view)
    expect(types).toEqual(['GroupPickedUp'])
    expect(facts[0].group).toMatchObject({ scimSyncId: 'n', version: 2, scimVersion: 1 })
    expect(decided(scimCommand({ type: 'PickUpGroup', groupId: 'n' }), view).isWritten).toBe(false)
  })
})

describe('a delete', () => {
  test('leaves a tombstone, frees the name and leaves the groups that it was in', () => {
    const view = seen({
      groups: [group('g'), group('h')],
      memberships: [membership('h', 'g', { memberType: 'Group' })],
    })
    const { types, reply } = decided(remove('g'), view)
    expect(reply).toEqual({ outcome: 'deleted' })
    expect(types).toEqual(['GroupDeleted', 'MembersChanged'])
    expect(refusedWith(remove('g'), view)).toBe('not-found')
    expect(decided(provision('k', { displayName: 'Team g' }), view).reply.outcome).toBe('created')
  })

  test('of a native is refused', () => {
    expect(refusedWith(remove('n'), seen({ groups: [nativeGroup] }))).toBe('native-delete-refused')
  })
})

test('an admin creates a native group', () => {
  const { reply, types } = decided(adminCommand('CreateGroup', { body: { displayName: ' Finance ' } }), seen())
  expect(types).toEqual(['GroupCreated'])
  expect(reply).toMatchObject({ result: { id: 'minted', managed: false, displayName: 'Finance', memberCount: 0 } })
})
