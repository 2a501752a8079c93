import { describe, expect, test } from 'vitest'
import { decodeCursor, encodeCursor } from './cursor.ts'

const list = ['readChangeHistory', 'i1', undefined, null]

describe('a cursor', () => {
  test('gives back the keys it was made from', () => {
    const keys = ['2026-11-02T09:30:00.000Z', 'r1/0/1']
    const cursor = encodeCursor(list, keys)
    expect(cursor).toMatch(/^[\w-]+$/)
    expect(decodeCursor(list, cursor, 2)).toEqual(keys)
  })

  test.each([
    ['of another list', encodeCursor(['readChangeHistory', 'i2', undefined, null], ['a', 'b'])],
    ['with other keys', encodeCursor(list, ['a'])],
    ['cut off', encodeCursor(list, ['a', 'b']).slice(0, -4)],
    ['not one of ours', 'next-page'],
    ['of other JSON', Buffer.from('{"a":1}').toString('base64url')],
    ['with a key that is no text', Buffer.from('["x",{"$gt":""},"b"]').toString('base64url')],
  ])('%s is refused', (_, cursor) => {
    expect(() => decodeCursor(list, cursor, 2)).toThrow(expect.objectContaining({ code: 'cursor-invalid' }))
  })
})
