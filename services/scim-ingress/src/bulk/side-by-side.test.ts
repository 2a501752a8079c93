import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { alone, sideBySide } from './side-by-side.ts'

/** Works that end when they are told to; `log` has what began and ended. */
function works(limit: number) {
  const runner = sideBySide(limit)
  const log: string[] = []
  const ends = new Map<string, (isDone: boolean) => void>()
  return {
    log,
    begin(name: string, holds: Record<string, string>) {
      runner.begin(new Map(Object.entries(holds)), async (isLast) => {
        log.push(isLast ? `${name} again` : name)
        return new Promise<boolean>((resolve) => ends.set(name, resolve))
      })
    },
    async end(name: string, isDone = true) {
      ends.get(name)?.(isDone)
      await turn()
    },
    ended: () => runner.ended(),
  }
}

test('works that share no key run at once, up to the limit, and the others in their turn', async () => {
  const { begin, end, log, ended } = works(2)
  begin('a', { x: alone })
  begin('b', { y: alone })
  begin('c', { z: alone })
  await turn()
  expect(log).toEqual(['a', 'b'])
  await end('b')
  expect(log).toEqual(['a', 'b', 'c'])
  await end('a')
  await end('c')
  await ended()
})

test('works that hold a key alone run one after the other, in the order in which they came', async () => {
  const { begin, end, log } = works(9)
  begin('a', { x: alone })
  begin('b', { x: alone, y: alone })
  begin('c', { y: alone })
  await turn()
  expect(log).toEqual(['a'])
  await end('a')
  expect(log).toEqual(['a', 'b'])
  await end('b')
  expect(log).toEqual(['a', 'b', 'c'])
})

test('works that hold a key in the same way run at once; what holds it in another way waits for all of them', async () => {
  const { begin, end, log } = works(9)
  begin('a', { x: 'read' })
  begin('b', { x: 'read' })
  begin('c', { x: 'write' })
  begin('d', { x: 'write' })
  begin('e', { x: 'read' })
  await turn()
  expect(log).toEqual(['a', 'b'])
  await end('a')
  expect(log).toEqual(['a', 'b'])
  await end('b')
  expect(log).toEqual(['a', 'b', 'c', 'd'])
  await end('c')
  await end('d')
  expect(log).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('a work that waits for others holds no place', async () => {
  const { begin, end, log } = works(2)
  begin('a', { x: alone })
  begin('b', { x: alone })
  begin('c', { y: alone })
  await turn()
  expect(log).toEqual(['a', 'c'])
  await end('a')
  expect(log).toEqual(['a', 'c', 'b'])
})

test('a work that wants a second try has it, once, after those before it that hold its key in the same way', async () => {
  const { begin, end, log } = works(2)
  begin('a', { x: 'names' })
  begin('b', { x: 'names' })
  begin('c', { x: 'names' })
  begin('d', { x: alone })
  await turn()
  await end('b', false)
  expect(log).toEqual(['a', 'b', 'c'])
  await end('c')
  expect(log).toEqual(['a', 'b', 'c'])
  await end('a')
  expect(log).toEqual(['a', 'b', 'c', 'b again'])
  await end('b', false)
  expect(log).toEqual(['a', 'b', 'c', 'b again', 'd'])
})
