import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutBatches, largestBatchBytes } from './batches.ts'

interface Message {
  readonly id: number
  readonly orderedBy: string | null
  readonly size: number
}
const messages = fc
  .array(
    fc.record({
      orderedBy: fc.option(fc.constantFrom('a', 'b', 'c', 'd')),
      size: fc.oneof(fc.integer({ min: 1, max: 200_000 }), fc.integer({ min: 1, max: 900_000 })),
    }),
    { maxLength: 40 },
  )
  .map((list): Message[] => list.map((message, id) => ({ id, ...message })))

describe('cutting batches', () => {
  test('a batch has at most 500 kB, or one message', () => {
    fc.assert(
      fc.property(messages, (waiting) => {
        for (const batch of cutBatches(waiting, new Set()).batches) {
          const size = batch.reduce((sum, message) => sum + message.size, 0)
          expect(size <= largestBatchBytes || batch.length === 1).toBe(true)
        }
      }),
    )
  })

  test('no key is in two batches on their way, and sent again and again each key keeps its order and nothing is lost', () => {
    fc.assert(
      fc.property(messages, (waiting) => {
        const sent: Message[] = []
        let left: readonly Message[] = waiting
        for (let turn = 0; left.length > 0; turn++) {
          expect(turn).toBeLessThanOrEqual(waiting.length)
          const underway = new Set<string>()
          const cut = cutBatches(left, underway)
          const keys = cut.batches.flatMap((batch) => [...new Set(batch.map(({ orderedBy }) => orderedBy))])
          const ordered = keys.filter((key) => key !== null)
          expect(ordered.length).toBe(new Set(ordered).size)
          expect(underway).toEqual(new Set(ordered))
          // Batches of one turn may arrive in any order.
          sent.push(...cut.batches.toReversed().flat())
          left = cut.left
        }
        for (const key of ['a', 'b', 'c', 'd']) {
          const ids = (list: readonly Message[]) =>
            list.filter(({ orderedBy }) => orderedBy === key).map(({ id }) => id)
          expect(ids(sent)).toEqual(ids(waiting))
        }
        expect(sent).toHaveLength(waiting.length)
      }),
    )
  })

  test('a message stays behind while its key is on its way, and so do the later ones of that key only', () => {
    const waiting = ['a', 'b', 'a', null].map((orderedBy, id) => ({ id, orderedBy, size: 1 }))
    const { batches, left } = cutBatches(waiting, new Set(['a']))
    expect(batches.flat().map(({ id }) => id)).toEqual([1, 3])
    expect(left.map(({ id }) => id)).toEqual([0, 2])
  })
})
