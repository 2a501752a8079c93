import { describe, expect, test } from 'vitest'
import { largestPartBytes, replyParts, splitReply } from './reply-parts.ts'

const answer = Buffer.from(JSON.stringify('ä€😀'.repeat(300_000)))

describe('answers in parts', () => {
  test('a character that is cut in two is whole again', () => {
    const parts = splitReply(answer)
    expect(parts.length).toBeGreaterThan(2)
    expect(Math.max(...parts.map((part) => part.length))).toBe(largestPartBytes)
    const collected = replyParts()
    const results = parts.map((part, index) => collected.add('one', index, parts.length, part))
    expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true)
    expect(results.at(-1)?.equals(answer)).toBe(true)
  })

  test('parts in any order, repeated, and mixed with those of another sending of the answer make one whole', () => {
    const [first, second, ...rest] = splitReply(answer)
    if (!first || !second) throw new Error('too few parts')
    const parts = 2 + rest.length
    const collected = replyParts()
    expect(collected.add('one', 1, parts, second)).toBeUndefined()
    expect(collected.add('one', 1, parts, second)).toBeUndefined()
    expect(collected.add('two', 0, parts, first)).toBeUndefined()
    for (const [index, part] of rest.entries()) expect(collected.add('one', index + 2, parts, part)).toBeUndefined()
    expect(collected.add('one', 0, parts, first)?.equals(answer)).toBe(true)
  })
})
