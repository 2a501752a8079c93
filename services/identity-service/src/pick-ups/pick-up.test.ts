import { defaultSettings, type Settings } from '@user-provisioning/contracts/settings'
import { topics } from '@user-provisioning/contracts/topics'
import { describe, expect, test } from 'vitest'
import {
  acme,
  adminCommand,
  decided,
  deleted,
  group,
  instance,
  managed,
  membership,
  native,
  now,
  refusedWith,
  scimCommand,
  seen,
} from '../commands/sample-instance.ts'

const withSettings = (changes: Partial<Settings>) => ({
  instances: [
    {
      ...instance,
      settings: { ...defaultSettings, ...changes, version: 2, changedAt: now, changedBy: instance.createdBy },
    },
  ],
})
const post = (userId = 'minted', userName = 'nora@acme.test') =>
  scimCommand({ type: 'ProvisionUser', userId, scim: { userName, active: true } })
const pickedUp = {
  _id: 'nora',
  instanceId: acme,
  type: 'user' as const,
  name: 'nora@acme.test',
  pickedUpAt: now,
  pickedUpBy: instance.createdBy,
  correlationId: 'r',
}
const undo = adminCommand('UndoUserPickUp', { entityId: 'nora', parameters: { instanceId: acme, userId: 'nora' } })

describe('where nothing is picked up', () => {
  test.each(['off', 'report-only'] as const)(
    'in mode %s a POST is refused, and by id nobody is there',
    (pickUpMode) => {
      const view = seen({ users: [native('nora')], ...withSettings({ pickUpMode }) })
      expect(refusedWith(post(), view)).toBe('pick-up-refused')
      expect(refusedWith(post('nora'), view)).toBe('pick-up-refused')
      expect(refusedWith(scimCommand({ type: 'PickUpUser', userId: 'nora' }), view)).toBe('not-found')
      expect(refusedWith(scimCommand({ type: 'DeleteUser', userId: 'nora' }), view)).toBe('not-found')
    },
  )

  test('managed users go on as ever', () => {
    const view = seen({ users: [managed('nora')], ...withSettings({ pickUpMode: 'off' }) })
    expect(decided(scimCommand({ type: 'DeleteUser', userId: 'nora' }), view).types).toEqual(['UserDeleted'])
  })
})

describe('undoing a pick-up', () => {
  test('makes the user native and invisible, keeps the rest, and is told', () => {
    const user = { ...managed('nora'), fields: { userName: 'nora@acme.test', firstName: 'Nora' } }
    const view = seen({ users: [user], pickUps: [pickedUp] })
    const { types, facts } = decided(undo, view)
    expect(types).toEqual(['UserPickUpUndone'])
    topics.identityFacts.schema.parse(facts[0])
    const { scimSyncId, visible, pickUpUndone, version, fieldSources, changedAt, ...kept } =
      view.user(acme, 'nora') ?? user
    expect({ scimSyncId, visible, pickUpUndone, version }).toEqual({
      scimSyncId: null,
      visible: false,
      pickUpUndone: true,
      version: 2,
    })
    expect(user).toMatchObject(kept)
    expect(refusedWith(post(), view)).toBe('pick-up-refused')
    expect(refusedWith(undo, view)).toBe('state-conflict')
  })

  test('is refused for who was not picked up', () => {
    expect(refusedWith(undo, seen({ users: [managed('nora')] }))).toBe('state-conflict')
    expect(refusedWith(undo, seen({ users: [native('nora')], pickUps: [pickedUp] }))).toBe('state-conflict')
    expect(refusedWith(undo, seen())).toBe('not-found')
  })
})

describe('a re-hire', () => {
  const gone = {
    ...deleted(managed('nora')),
    search: { userName: 'nora@acme.test' },
    formerGroups: ['g', 'gone'],
  }
  const documents = { users: [gone], groups: [group('g'), group('gone', { state: 'deleted', visible: false })] }

  test('revives the old user where the instance says so, in two steps, with the groups that still exist', () => {
    const view = seen({ ...documents, ...withSettings({ reHirePolicy: 'revive' }) })
    expect(decided(post(), view).reply).toEqual({ outcome: 'native', entityId: 'nora' })
    const { reply, types, facts } = decided(post('nora'), view)
    expect(reply).toMatchObject({ outcome: 'created', resource: { id: 'nora' } })
    expect(types).toEqual(['UserRevived', 'MembersChanged'])
    expect(facts[0]).toMatchObject({ invite: false, user: { state: 'active' } })
    expect(view.membership('g', 'nora')).toMatchObject({ pending: false })
    expect(view.membership('gone', 'nora')).toBeUndefined()
    expect(refusedWith(post(), view)).toBe('user-name-taken')
  })

  test('is a new user by default', () => {
    expect(decided(post(), seen(documents)).types).toEqual(['UserProvisioned'])
  })

  test('revives nobody while somebody holds the name', () => {
    const holder = { ...managed('other', { userName: 'nora@acme.test' }) }
    const view = seen({ ...documents, users: [gone, holder], ...withSettings({ reHirePolicy: 'revive' }) })
    expect(refusedWith(post(), view)).toBe('user-name-taken')
    expect(refusedWith(post('nora'), view)).toBe('not-found')
  })

  test('remembers the groups that a deleted user left', () => {
    const view = seen({ users: [managed('nora')], groups: [group('g')], memberships: [membership('g', 'nora')] })
    decided(scimCommand({ type: 'DeleteUser', userId: 'nora' }), view)
    expect(view.user(acme, 'nora')).toMatchObject({ formerGroups: ['g'], search: { userName: 'nora@acme.test' } })
  })
})
