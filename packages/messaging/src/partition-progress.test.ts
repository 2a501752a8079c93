import { describe, expect, test } from 'vitest'
import { PartitionProgress } from './partition-progress.ts'

describe('progress of a partition', () => {
  test('commits only the offset below which everything is done', () => {
    const progress = new PartitionProgress()
    for (const offset of [4n, 5n, 6n]) progress.begin(offset)
    progress.end(5n)
    expect(progress.committable).toBe(4n)
    progress.end(4n)
    expect(progress.committable).toBe(6n)
    progress.end(6n)
    expect(progress.committable).toBe(7n)
    progress.committed(7n)
    expect(progress.committable).toBeUndefined()
  })

  test('does not begin again what comes again after a rebalance', () => {
    const progress = new PartitionProgress()
    expect(progress.begin(4n)).toBe(true)
    expect(progress.begin(4n)).toBe(false)
    progress.end(4n)
    expect(progress.begin(4n)).toBe(false)
    expect(progress.begin(5n)).toBe(true)
  })
})
