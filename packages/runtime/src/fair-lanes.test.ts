import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fairLanes, LaneFull } from './fair-lanes.ts'

function work() {
  const started: string[] = []
  const gates = new Map<string, PromiseWithResolvers<void>>()
  return {
    started,
    of: (name: string) => () => {
      started.push(name)
      const gate = Promise.withResolvers<void>()
      gates.set(name, gate)
      return gate.promise
    },
    finish: (name: string) => gates.get(name)?.resolve(),
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('slow reads of one instance take its own share and nobody else waits', async () => {
  const lanes = fairLanes({ total: 3, perLane: 2 })
  const { started, of, finish } = work()
  for (const name of ['a1', 'a2', 'a3', 'a4']) void lanes.run('a', of(name))
  void lanes.run('b', of('b1'))
  await turn()
  expect(started).toEqual(['a1', 'a2', 'b1'])
  finish('a1')
  await turn()
  expect(started).toEqual(['a1', 'a2', 'b1', 'a3'])
})

test('instances that wait take turns', async () => {
  const lanes = fairLanes({ total: 1, perLane: 1 })
  const { started, of, finish } = work()
  for (const name of ['a1', 'a2', 'a3']) void lanes.run('a', of(name))
  for (const name of ['b1', 'b2']) void lanes.run('b', of(name))
  for (const name of ['a1', 'b1', 'a2', 'b2', 'a3']) {
    await turn()
    expect(started.at(-1)).toBe(name)
    finish(name)
  }
})

test('a read that fails gives its place back', async () => {
  const lanes = fairLanes({ total: 1, perLane: 1 })
  await expect(lanes.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await expect(lanes.run('a', () => Promise.resolve(1))).resolves.toBe(1)
})

describe('a lane that has more than its share', () => {
  const limits = { total: 4, perLane: 1, maxWaitMs: 1_000, maxWaiting: 2 }
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('is refused what waited too long while other work of it ended', async () => {
    const lanes = fairLanes(limits)
    const leave = await lanes.enter('a')
    const second = lanes.enter('a')
    const third = expect(lanes.enter('a')).rejects.toThrow(LaneFull)
    await vi.advanceTimersByTimeAsync(900)
    leave()
    const leaveSecond = await second
    await vi.advanceTimersByTimeAsync(100)
    await third
    leaveSecond()
    await expect(lanes.run('a', async () => 'free again')).resolves.toBe('free again')
  })

  test('waits on while nothing of it ends at all: that is an outage, and no flood', async () => {
    const lanes = fairLanes(limits)
    const leave = await lanes.enter('a')
    const second = lanes.enter('a')
    await vi.advanceTimersByTimeAsync(10_000)
    leave()
    await expect(second).resolves.toBeTypeOf('function')
  })

  test('is refused at once what would make too many wait, and nobody else is', async () => {
    const lanes = fairLanes(limits)
    await lanes.enter('a')
    void lanes.enter('a')
    void lanes.enter('a')
    await expect(lanes.enter('a')).rejects.toThrow(LaneFull)
    await expect(lanes.enter('b')).resolves.toBeTypeOf('function')
  })
})

test('ten thousand lanes take their turns in the order in which they came', async () => {
  const lanes = fairLanes({ total: 1, perLane: 1 })
  const order: number[] = []
  const work = Array.from({ length: 10_000 }, (_, lane) =>
    lanes.run(String(lane), async () => {
      order.push(lane)
    }),
  )
  await Promise.all(work)
  expect(order).toEqual(Array.from({ length: 10_000 }, (_, lane) => lane))
})
