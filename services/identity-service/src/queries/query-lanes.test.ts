import { expect, test } from 'vitest'
import { queryLanes } from './query-lanes.ts'

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
  const lanes = queryLanes({ total: 3, perLane: 2 })
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
  const lanes = queryLanes({ total: 1, perLane: 1 })
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
  const lanes = queryLanes({ total: 1, perLane: 1 })
  await expect(lanes.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await expect(lanes.run('a', () => Promise.resolve(1))).resolves.toBe(1)
})
