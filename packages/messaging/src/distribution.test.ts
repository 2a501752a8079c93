import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { distribute } from './distribution.ts'

describe('dealing partitions out', () => {
  test('each goes to exactly one member, shares differ by one at most, and nobody loses what its share allows', () => {
    const members = fc
      .uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 9 })
      .chain((ids) =>
        fc.tuple(...ids.map((memberId) => fc.uniqueArray(fc.nat(30)).map((held) => ({ memberId, held })))),
      )
    fc.assert(
      fc.property(members, fc.integer({ min: 1, max: 30 }), (list, count) => {
        const owned = distribute(list, count)
        const all = [...owned.values()].flat().toSorted((a, b) => a - b)
        expect(all).toEqual(Array.from({ length: count }, (_, partition) => partition))
        const shares = [...owned.values()].map((partitions) => partitions.length)
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('a member that joins takes only what the others have too much of', () => {
    const before = distribute([{ memberId: 'a', held: [] }], 6)
    const after = distribute(
      [
        { memberId: 'a', held: before.get('a') ?? [] },
        { memberId: 'b', held: [] },
      ],
      6,
    )
    expect(after.get('a')).toEqual([0, 1, 2])
    expect(after.get('b')).toEqual([3, 4, 5])
  })
})
