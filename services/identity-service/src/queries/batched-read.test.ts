import { expect, test } from 'vitest'
import { batchedRead } from './batched-read.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('what is asked for during a read is read together by the next one', async () => {
  const gates: PromiseWithResolvers<void>[] = []
  const batches: (readonly number[])[] = []
  const read = batchedRead<number, string>(async (keys) => {
    batches.push(keys)
    const gate = Promise.withResolvers<void>()
    gates.push(gate)
    await gate.promise
    return (key) => `value ${key}`
  })
  const answers = [read(1), read(2), read(3)]
  await turn()
  expect(batches).toEqual([[1]])
  gates[0]?.resolve()
  await turn()
  expect(batches).toEqual([[1], [2, 3]])
  gates[1]?.resolve()
  expect(await Promise.all(answers)).toEqual(['value 1', 'value 2', 'value 3'])
})

test('a read that fails fails those that it was for, and the next one is made', async () => {
  let isDown = true
  const read = batchedRead<number, number>(async () => {
    if (isDown) throw new Error('down')
    return (key) => {
      if (key === 2) throw new Error('refused')
      return key
    }
  })
  await expect(read(1)).rejects.toThrow('down')
  isDown = false
  const [one, two] = await Promise.allSettled([read(1), read(2)])
  expect(one).toMatchObject({ status: 'fulfilled', value: 1 })
  expect(two).toMatchObject({ status: 'rejected' })
})
