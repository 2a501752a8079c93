import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PartitionProgress } from './partition-progress.ts'

describe('the offset to commit', () => {
  test('everything below it is done, and it is the largest such offset, in whatever order work ends', () => {
    const cases = fc.integer({ min: 1, max: 30 }).chain((count) => {
      const offsets = Array.from({ length: count }, (_, index) => BigInt(index + 100))
      return fc.tuple(fc.constant(offsets), fc.shuffledSubarray(offsets))
    })
    fc.assert(
      fc.property(cases, ([offsets, ended]) => {
        const progress = new PartitionProgress()
        for (const offset of offsets) progress.begin(offset)
        for (const offset of ended) progress.end(offset)
        const open = offsets.filter((offset) => !ended.includes(offset))
        expect(progress.committable).toBe(open[0] ?? BigInt(100 + offsets.length))
        expect(progress.size).toBe(open.length)
      }),
    )
  })

  test('nothing is to be committed again that has not moved', () => {
    const progress = new PartitionProgress()
    expect(progress.committable).toBeUndefined()
    progress.begin(5n)
    progress.end(5n)
    expect(progress.committable).toBe(6n)
    progress.committed(6n)
    expect(progress.committable).toBeUndefined()
    progress.begin(6n)
    expect(progress.committable).toBeUndefined()
    progress.end(6n)
    expect(progress.committable).toBe(7n)
  })
})
