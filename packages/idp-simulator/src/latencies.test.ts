import { expect, test } from 'vitest'
import { Latencies } from './latencies.ts'

test('a rate is over the time in which the operation was under way, not over the pauses between', () => {
  const latencies = new Latencies()
  latencies.add('create', 0, false, 1_000)
  latencies.add('create', 500, true, 1_500)
  latencies.add('create', 600, false, 700)
  latencies.add('create', 60_000, false, 60_500)
  expect(latencies.summary().create).toMatchObject({ count: 4, failed: 1, perSecond: 2, p50Ms: 500, p99Ms: 1_000 })
})
