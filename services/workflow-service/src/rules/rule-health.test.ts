import { describe, expect, test } from 'vitest'
import { noteHealth } from './rule-health.ts'
import { type StoredRuleSet, unchangedRuleSet } from './rule-set-store.ts'
import { type RuleRun, runRules } from './run-rules.ts'

const now = new Date('2026-11-02T09:30:00.000Z')

/** A run of the default rule for a user: it succeeds, or fails. */
function ran(set: StoredRuleSet, hasFailed: boolean): RuleRun {
  const user = {
    fields: { scimSyncJobTitle: 'Pilot' },
    links: [],
    state: 'active',
    userName: 'n',
    managed: true,
  } as const
  const rules = set.rules.map((rule) => ({ ...rule, condition: 'c' }))
  const holds = () => {
    if (hasFailed) throw new Error('no answer')
    return true
  }
  const object = { id: 'o1', name: 'Pilot' }
  return runRules(rules, { before: null, after: user }, { find: () => object, create: () => object, holds })
}

/** What becomes of the rules over these users, in order; a user in capitals is one for whom the rule succeeds. */
function after(users: readonly string[]) {
  let set = unchangedRuleSet('i1')
  const paused: string[] = []
  let writes = 0
  for (const user of users) {
    const health = noteHealth(set, ran(set, user === user.toLowerCase()), user, now)
    set = health.set
    paused.push(...health.paused.map(({ warning }) => warning.detail))
    writes += health.writes.length
  }
  return { set, paused, writes }
}

const users = (count: number) => Array.from({ length: count }, (_, n) => `u${n}`)

describe('a rule (5.3)', () => {
  test('that fails for ten users in a row is paused, with the reason, by a new version; not before', () => {
    expect(after(users(9)).set).toMatchObject({ version: 1, rules: [{ state: 'active' }] })
    const { set, paused } = after(users(10))
    expect(set).toMatchObject({ version: 2, changedBy: { type: 'system' }, failing: {} })
    expect(set.rules[0]).toMatchObject({ state: 'paused', reason: paused[0] })
    expect(paused).toEqual([
      'Rule scimSyncJobTitle -> job-title failed for 10 users in a row and is paused: no answer.',
    ])
  })

  test('that fails for one user time and again is not: the users are different ones', () => {
    expect(after(Array.from({ length: 30 }, () => 'u1')).set.version).toBe(1)
  })

  test('that succeeds in between starts anew', () => {
    expect(after([...users(9), 'WELL', ...users(9)]).set.version).toBe(1)
  })

  test('that is well costs no write', () => {
    expect(after(['A', 'B', 'C']).writes).toBe(0)
  })
})
