import type { Member } from '@user-provisioning/contracts/images'
import { topics } from '@user-provisioning/contracts/topics'
import { expect, test } from 'vitest'
import { group, now } from '../commands/sample-instance.ts'
import { membersFacts } from './members-facts.ts'

const ctx = { id: 'r', now, actor: { type: 'idp', id: 'k', name: 'Entra' }, mintedId: 'm' } as const

function parts(added: readonly Member[], removed: readonly Member[]) {
  return membersFacts(group('g'), { added, removed }, ctx).map((announcement) => {
    if (announcement.kind !== 'fact' || announcement.fact.type !== 'MembersChanged') throw new Error('not of members')
    return announcement.fact
  })
}

const members = (count: number, name = 'Nora'): Member[] =>
  Array.from({ length: count }, (_, n) => ({ id: `m${n}`, type: 'User', name }))

test('a difference is told in facts of at most 1,000 members, each in one of them', () => {
  const facts = parts(members(2_299), members(1))
  expect(facts.map(({ added, removed }) => [added.length, removed.length])).toEqual([
    [1_000, 0],
    [1_000, 0],
    [299, 1],
  ])
  expect(new Set(facts.flatMap(({ added }) => added.map(({ id }) => id))).size).toBe(2_299)
})

test('no fact is larger than its topic takes, however long the names are', () => {
  const facts = parts(members(600, 'é'.repeat(5_000)), [])
  expect(facts.length).toBeGreaterThan(1)
  expect(facts.reduce((sum, { added }) => sum + added.length, 0)).toBe(600)
  for (const fact of facts) {
    expect(Buffer.byteLength(JSON.stringify(fact))).toBeLessThan(topics.identityFacts.maxMessageBytes / 2)
  }
})

test('no difference is told by no fact', () => {
  expect(parts([], [])).toEqual([])
})
