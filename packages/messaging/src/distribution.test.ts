import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assignTopics, distribute } from './distribution.ts'

const zeroTo = (count: number) => Array.from({ length: count }, (_, partition) => partition)
const members = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 9 })
  .chain((ids) => fc.tuple(...ids.map((memberId) => fc.array(fc.nat(30)).map((held) => ({ memberId, held })))))

describe('dealing partitions out', () => {
  test('each goes to exactly one member, and shares differ by one at most, whatever members claim', () => {
    fc.assert(
      fc.property(members, fc.integer({ min: 0, max: 30 }), (list, count) => {
        const owned = [...distribute(list, count).values()]
        expect(owned.flat().toSorted((a, b) => a - b)).toEqual(zeroTo(count))
        const shares = owned.map((partitions) => partitions.length)
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('through joins and leaves no partition moves between two members that stay, and all see the same deal', () => {
    const steps = fc.array(fc.record({ join: fc.boolean(), which: fc.nat(5) }), { minLength: 1, maxLength: 25 })
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 30 }), (list, count) => {
        let now = new Map<string, number[]>([['m0', []]])
        for (const { join, which } of list) {
          const ids = new Set(now.keys())
          if (join) ids.add(`m${which}`)
          else if (ids.size > 1) ids.delete(`m${which}`)
          const claims = [...ids].map((memberId) => ({ memberId, held: now.get(memberId) ?? [] }))
          const next = distribute(claims, count)
          expect(distribute(claims.toReversed(), count)).toEqual(next)
          for (const [memberId, partitions] of next) {
            const stolen = partitions.filter((partition) =>
              [...now].some(([other, held]) => other !== memberId && ids.has(other) && held.includes(partition)),
            )
            // Taken from one that stays only where that one had more than its share.
            const least = Math.floor(count / ids.size)
            if (stolen.length > 0) expect(partitions.length - stolen.length).toBeLessThan(least + 1)
            for (const partition of stolen) {
              const from = [...now].find(([, held]) => held.includes(partition))?.[0] ?? ''
              expect(next.get(from)?.length).toBeGreaterThanOrEqual(least)
              expect(next.get(from)?.every((kept) => now.get(from)?.includes(kept))).toBe(true)
            }
          }
          now = next
        }
      }),
    )
  })

  test('a member that joins takes only what the others have too much of', () => {
    const after = distribute(
      [
        { memberId: 'b', held: zeroTo(6) },
        { memberId: 'a', held: [] },
      ],
      6,
    )
    expect(after.get('b')).toEqual([0, 1, 2])
    expect(after.get('a')).toEqual([3, 4, 5])
  })

  test('the larger share stays with those who have it, whatever their ids', () => {
    const after = distribute(
      [
        { memberId: 'a', held: [0, 1, 2] },
        { memberId: 'b', held: [3, 4, 5, 6] },
      ],
      7,
    )
    expect(after.get('b')).toEqual([3, 4, 5, 6])
  })
})

describe('topics of one group', () => {
  test('partition n of all of them goes to one member, also where one has fewer partitions', () => {
    const topics = ['wide', 'narrow']
    const assigned = assignTopics(
      [
        { memberId: 'a', held: [], topics },
        { memberId: 'b', held: [], topics },
      ],
      new Map([
        ['wide', 6],
        ['narrow', 4],
      ]),
    )
    for (const topicPartitions of assigned.values()) {
      const wide = topicPartitions.get('wide') ?? []
      expect(topicPartitions.get('narrow') ?? []).toEqual(wide.filter((partition) => partition < 4))
    }
    expect([...assigned.values()].flatMap((topicPartitions) => topicPartitions.get('narrow') ?? []).toSorted()).toEqual(
      zeroTo(4),
    )
  })

  test('while an older version runs beside a newer one, the topic it does not know is read whole by the newer', () => {
    const assigned = assignTopics(
      [
        { memberId: 'old', held: [0, 1, 2, 3], topics: ['a'] },
        { memberId: 'new', held: [], topics: ['a', 'b'] },
      ],
      new Map([
        ['a', 4],
        ['b', 4],
      ]),
    )
    expect(assigned.get('old')?.has('b')).toBe(false)
    expect(assigned.get('new')?.get('b')).toEqual(zeroTo(4))
    expect(assigned.get('new')?.get('a')).toHaveLength(2)
  })
})
