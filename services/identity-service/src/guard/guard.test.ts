import { defaultSettings } from '@user-provisioning/contracts/settings'
import { enterpriseUserSchema } from '@user-provisioning/scim/schema'
import { describe, expect, test } from 'vitest'
import type { Command } from '../commands/command.ts'
import { acme, adminCommand, decided, instance, managed, now, scimCommand, seen } from '../commands/sample-instance.ts'
import type { View } from '../commands/view.ts'
import type { GuardSeen } from './read-guard-state.ts'

const guard = { enabled: true, maxCount: 3, maxPercent: 100, windowMinutes: 60 }
const settings = { ...defaultSettings, guard, version: 2, changedAt: now, changedBy: instance.createdBy }

function guardedView(more: Partial<GuardSeen> = {}): View {
  const users = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) =>
    managed(id, { [enterpriseUserSchema]: { department: 'Deck' } }),
  )
  const nothingHeld = { suspend: 0, delete: 0 }
  const state = { instanceId: acme, document: undefined, count: 0, limit: 3, held: nothingHeld, ...more }
  return seen({ instances: [{ ...instance, settings }], users, guards: [state] })
}

const setActive = (userId: string, value: boolean): Command =>
  scimCommand({ type: 'PatchUser', userId, operations: [{ op: 'replace', path: 'active', value }] })
const remove = (userId: string): Command => scimCommand({ type: 'DeleteUser', userId })
const rename = (userId: string): Command =>
  scimCommand({ type: 'PatchUser', userId, operations: [{ op: 'replace', path: 'title', value: 'Mate' }] })
const release = (userId: string): Command => ({
  type: 'ReleaseHeld',
  requestId: 'j',
  instanceId: acme,
  userId,
  actor: { type: 'job', id: 'j', name: 'guard-release of Ada' },
})
const code = (command: Command, view: View) => {
  const { reply } = decided(command, view)
  return reply.outcome === 'refused' ? reply.fault.code : reply.outcome
}

describe('a guard', () => {
  test('lets as many suspensions and deletions through as its limit, then trips once and holds the rest', () => {
    const view = guardedView()
    expect(['a', 'b'].map((id) => code(setActive(id, false), view))).toEqual(['changed', 'changed'])
    expect(code(remove('c'), view)).toBe('deleted')
    const tripping = decided(setActive('d', false), view)
    expect(tripping.types).toEqual(['GuardTripped'])
    expect(tripping.reply).toMatchObject({
      fault: { code: 'guard-held', slots: { n: '3 users', window: '60 minutes' } },
    })
    const next = decided(remove('e'), view)
    expect([next.types, code(remove('e'), view)]).toEqual([[], 'guard-held'])
    expect(view.held(acme, 'd')).toMatchObject({ change: 'suspend', userName: 'd@acme.test', department: 'Deck' })
    expect(view.guard(acme)?.held).toEqual({ suspend: 1, delete: 1 })
    expect(view.user(acme, 'd')?.state).toBe('active')
    expect(['f'].map((id) => code(rename(id), view))).toEqual(['changed'])
  })

  test('keeps the last change asked for of a user, and forgets it when the IdP wants it active again', () => {
    const view = guardedView({ count: 3 })
    for (const command of [setActive('a', false), remove('a')]) expect(code(command, view)).toBe('guard-held')
    expect(view.held(acme, 'a')).toMatchObject({ change: 'delete' })
    expect(code(rename('a'), view)).toBe('changed')
    expect(view.held(acme, 'a')).toBeDefined()
    expect(code(setActive('a', true), view)).toBe('changed')
    expect(view.held(acme, 'a')).toBeUndefined()
    expect(view.guard(acme)).toMatchObject({ held: { suspend: 0, delete: 0 }, document: { superseded: 1 } })
  })

  test('is written near its limit with every change, so that two replicas cannot both do the last one', () => {
    const written = (more: Partial<GuardSeen>) =>
      decided(setActive('a', false), guardedView(more)).writes.map(({ collection }) => collection)
    expect(written({ limit: 3 })).toContain('guards')
    expect(written({ limit: 1_000, count: 100 })).not.toContain('guards')
  })

  test('does not hold what an admin or a job does, and says when an IdP may soon give up', () => {
    const view = guardedView({ count: 3, held: { suspend: 3_999, delete: 0 } })
    expect(decided(setActive('a', false), view).types).toEqual(['GuardTripped'])
    expect(decided(setActive('b', false), view).types).toEqual(['GuardNearQuarantine'])
    expect(decided(setActive('c', false), view).types).toEqual([])
    expect(decided(release('a'), view).types).toEqual(['UserSuspended'])
  })
})

describe('a release', () => {
  test('carries out what is held, as of now, and counts nothing; what is void comes to nothing', () => {
    const view = guardedView({ count: 3 })
    for (const command of [setActive('a', false), remove('b')]) decided(command, view)
    decided(rename('a'), view)
    const suspended = decided(release('a'), view)
    expect(suspended.types).toEqual(['UserSuspended'])
    expect(suspended.facts[0]).toMatchObject({
      user: { scim: { active: false, title: 'Mate' } },
      actor: { type: 'job' },
    })
    expect(decided(release('b'), view).types).toEqual(['UserDeleted'])
    expect(view.guard(acme)).toMatchObject({ held: { suspend: 0, delete: 0 }, count: 3 })
    expect(code(release('a'), view)).toBe('not-found')
  })

  test('of all counts from nothing again', () => {
    const view = guardedView({ count: 3 })
    decided(setActive('a', false), view)
    const { types } = decided({ ...release('a'), type: 'RearmGuard' } as Command, view)
    expect(types).toEqual(['GuardReleased'])
    expect(view.guard(acme)?.document).toMatchObject({ state: 'armed', countedFrom: now })
  })
})

test('a rejection drops what is chosen; of all of them it arms the guard, which still counts', () => {
  const view = guardedView({ count: 3 })
  for (const command of [setActive('a', false), remove('b')]) decided(command, view)
  const reject = (body: object) => decided(adminCommand('RejectGuard', { entityId: acme, body }), view).reply
  expect(reject({ change: 'delete' })).toMatchObject({ result: { state: 'tripped', heldCount: 1, heldDeletions: 0 } })
  expect(view.held(acme, 'b')).toBeUndefined()
  expect(reject({})).toMatchObject({ result: { state: 'armed', heldCount: 0 } })
  expect(code(setActive('a', false), view)).toBe('guard-held')
})
