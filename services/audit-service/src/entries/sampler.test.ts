import { expect, test } from 'vitest'
import { createSampler } from './sampler.ts'

test('a flood is cut to so many a second, and the next one kept says how many were not', () => {
  let now = 0
  const sampler = createSampler(2, () => now)
  const take = () => sampler.take()
  expect([take(), take(), take(), take()]).toEqual([
    { isKept: true, omitted: 0 },
    { isKept: true, omitted: 0 },
    { isKept: false },
    { isKept: false },
  ])
  now = 500
  expect(take()).toEqual({ isKept: true, omitted: 2 })
  expect(take()).toEqual({ isKept: false })
  now = 60_000
  expect([take(), take(), take()].filter(({ isKept }) => isKept)).toHaveLength(2)
})
