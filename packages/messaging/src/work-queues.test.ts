import { describe, expect, test } from 'vitest'
import { type Lane, newLane, workQueues } from './work-queues.ts'

/** Tasks that end when the test says so. */
function harness(isWanted: (task: string) => boolean = () => true) {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const queues = workQueues<string>(isWanted, (task) => {
    begun.push(task)
    return new Promise((resolve) => ends.set(task, resolve))
  })
  const end = async (task: string) => {
    ends.get(task)?.()
    await new Promise((done) => setImmediate(done))
  }
  return { queues, begun, end }
}

describe('queues by key', () => {
  test('tasks of one key run one after the other over all lanes; other keys are not held', async () => {
    const { queues, begun, end } = harness()
    const [one, two] = [newLane<string>(9), newLane<string>(9)] as [Lane<string>, Lane<string>]
    queues.push('a', one, 'a1')
    queues.push('a', two, 'a2')
    queues.push('b', one, 'b1')
    expect(begun).toEqual(['a1', 'b1'])
    await end('a1')
    expect(begun).toEqual(['a1', 'b1', 'a2'])
  })

  test('a task pushed at the moment its key runs empty is run', async () => {
    const lane = newLane<number>(1)
    const ran: number[] = []
    const queues = workQueues<number>(
      () => true,
      async (task) => void ran.push(task),
    )
    for (let i = 0; i < 50; i++) {
      queues.push('a', lane, i)
      for (let turn = 0; turn < i % 7; turn++) await Promise.resolve()
    }
    await new Promise((done) => setImmediate(done))
    expect(ran).toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect(queues.size).toBe(0)
  })

  test('a lane never runs more than its limit, and gives each place away once it is free', async () => {
    const { queues, begun, end } = harness()
    const lane = newLane<string>(2)
    for (const key of ['a', 'b', 'c', 'd']) queues.push(key, lane, key)
    queues.push(null, lane, 'none')
    expect(begun).toEqual(['a', 'b'])
    await end('a')
    expect(begun).toEqual(['a', 'b', 'c'])
    await end('b')
    await end('c')
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'none'])
  })

  test('a busy key does not keep its place while others wait', async () => {
    const { queues, begun, end } = harness()
    const lane = newLane<string>(1)
    for (const task of ['a1', 'a2', 'a3']) queues.push('a', lane, task)
    queues.push('b', lane, 'b1')
    await end('a1')
    expect(begun).toEqual(['a1', 'b1'])
    await end('b1')
    expect(begun).toEqual(['a1', 'b1', 'a2'])
  })

  test('what nobody wants any more is left out, and its place goes to the next who waits', async () => {
    const lost = new Set<string>()
    const { queues, begun, end } = harness((task) => !lost.has(task))
    const lane = newLane<string>(1)
    for (const key of ['a', 'b', 'c']) queues.push(key, lane, key)
    lost.add('b')
    await end('a')
    expect(begun).toEqual(['a', 'c'])
  })

  test('a stop begins nothing more and waits for what was begun', async () => {
    const { queues, begun, end } = harness()
    const lane = newLane<string>(1)
    queues.push('a', lane, 'a1')
    queues.push('a', lane, 'a2')
    let isStopped = false
    void queues.stop().then(() => {
      isStopped = true
    })
    await new Promise((done) => setImmediate(done))
    expect(isStopped).toBe(false)
    await end('a1')
    expect(isStopped).toBe(true)
    expect(begun).toEqual(['a1'])
  })
})
