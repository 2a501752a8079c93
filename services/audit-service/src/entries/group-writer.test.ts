import { expect, test } from 'vitest'
import { createGroupWriter } from './group-writer.ts'

/** A store whose writes end when told to. */
function store(refuses: (items: readonly string[]) => boolean = () => false) {
  const begun: { items: readonly string[]; end: () => void }[] = []
  const writer = createGroupWriter<string>({
    maxItems: 4,
    laneOf: (item) => item.split(':', 1)[0] ?? '',
    isTransient: (err) => err instanceof Error && err.message === 'away',
    writeAll: (items) =>
      new Promise((resolve, reject) => {
        begun.push({
          items,
          end: () => {
            if (refuses(items)) reject(new Error(items.includes('away') ? 'away' : 'refused'))
            else resolve()
          },
        })
      }),
  })
  /** Ends writes as they begin, until none is left. */
  async function drain() {
    for (let n = 0; n < begun.length; n++) {
      begun[n]?.end()
      for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    }
  }
  return { writer, begun, drain }
}

test('a lone item is written at once, and what came meanwhile in one group, in order', async () => {
  const { writer, begun, drain } = store()
  const all = [writer.write(['a']), writer.write(['b']), writer.write(['c', 'd'])]
  expect(begun.map(({ items }) => items)).toEqual([['a']])
  await drain()
  await Promise.all(all)
  expect(begun.map(({ items }) => items)).toEqual([['a'], ['b', 'c', 'd']])
})

test('a group is bounded; a submission is never cut', async () => {
  const { writer, begun, drain } = store()
  const all = [['a'], ['b', 'c', 'd'], ['e', 'f'], ['1', '2', '3', '4', '5']].map((items) => writer.write(items))
  await drain()
  await Promise.all(all)
  expect(begun.map(({ items }) => items.length)).toEqual([1, 3, 2, 5])
})

test('of a group that fails only the submission that cannot be written fails', async () => {
  const { writer, drain } = store((items) => items.includes('bad'))
  const first = writer.write(['a'])
  const all = Promise.allSettled([writer.write(['b']), writer.write(['bad']), writer.write(['c'])])
  await drain()
  await first
  expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test('when the store is away a group fails at once, not one submission after the other', async () => {
  const { writer, begun, drain } = store((items) => items.includes('away'))
  const first = writer.write(['a'])
  const all = Promise.allSettled([writer.write(['b']), writer.write(['away']), writer.write(['c'])])
  await drain()
  await first
  expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(begun).toHaveLength(2)
})

test('it goes on after a failure', async () => {
  const { writer, drain } = store((items) => items.includes('bad'))
  const bad = expect(writer.write(['bad'])).rejects.toThrow('refused')
  await drain()
  await bad
  const good = writer.write(['good'])
  await drain()
  await good
})

test('nothing to write resolves without a write', async () => {
  const { writer, begun } = store()
  await writer.write([])
  expect(begun).toEqual([])
})

test('lanes take turns: who has much waiting holds up nobody else for longer than two writes', async () => {
  const { writer, begun, drain } = store()
  const many = [1, 2, 3].map((n) => writer.write([`a:${n}`, `a:${n}`, `a:${n}`, `a:${n}`]))
  const others = [writer.write(['b:1']), writer.write(['c:1'])]
  await drain()
  await Promise.all([...many, ...others])
  expect(begun.map(({ items }) => [...new Set(items)])).toEqual([['a:1'], ['a:2'], ['b:1', 'c:1'], ['a:3']])
})
