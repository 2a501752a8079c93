import { describe, expect, test } from 'vitest'
import { cursorTimeoutSeconds, type ListIdentity, readCursor, type Walk, writeCursor } from './list-cursor.ts'

/** Signs nothing, so that tests see what is bound and what is not. */
const signer = {
  sign: (text: string) => Buffer.from(text).toString('base64url'),
  verify: (cursor: string) => (cursor === 'forged' ? undefined : Buffer.from(cursor, 'base64url').toString()),
}
const list: ListIdentity = {
  instanceId: 'i1',
  endpoint: '/Users',
  filter: 'userName sw "n"',
  sortBy: 'userName',
  sortOrder: 'ascending',
}
const walk: Walk = { count: 10, total: 25, after: { id: 'u1', value: 'nora' } }
const refused = (code: string) => expect.objectContaining({ code })

describe('RFC 9865 2: a cursor leads to the next page of the same query', () => {
  test.each<[string, Walk['after']]>([
    ['by a text', { id: 'u1', value: 'Nora Ångström' }],
    ['by a boolean', { id: 'u1', value: false }],
    ['of one without a value', { id: 'u1', value: null }],
    ['by id alone', { id: 'u1' }],
  ])('%s', (_, after) => {
    expect(readCursor(writeCursor(list, { ...walk, after }, signer), list, 10, signer)).toEqual({ ...walk, after })
  })

  test('and without count it keeps the one that the walk began with', () => {
    expect(readCursor(writeCursor(list, walk, signer), list, undefined, signer).count).toBe(10)
  })

  test.each<[string, Partial<ListIdentity>]>([
    ['instance', { instanceId: 'i2' }],
    ['endpoint', { endpoint: '/Groups' }],
    ['filter', { filter: null }],
    ['sortBy', { sortBy: null }],
    ['sortOrder', { sortOrder: 'descending' }],
  ])('of another %s it is invalidCursor', (_, other) => {
    const cursor = writeCursor(list, walk, signer)
    expect(() => readCursor(cursor, { ...list, ...other }, 10, signer)).toThrow(refused('cursor-invalid'))
  })
})

describe('RFC 9865 2.1', () => {
  test('invalidCursor: one that was not signed here', () => {
    expect(() => readCursor('forged', list, 10, signer)).toThrow(refused('cursor-invalid'))
  })

  test('invalidCount: another count than the walk began with', () => {
    expect(() => readCursor(writeCursor(list, walk, signer), list, 11, signer)).toThrow(refused('count-invalid'))
  })

  test('expiredCursor: older than cursorTimeout, and not before', () => {
    const now = Date.now()
    const cursor = writeCursor(list, walk, signer, now)
    const last = now + cursorTimeoutSeconds * 1000 - 1_000
    expect(readCursor(cursor, list, 10, signer, last)).toEqual(walk)
    expect(() => readCursor(cursor, list, 10, signer, last + 1_000)).toThrow(refused('cursor-expired'))
  })
})

test('a place that fits into no URL is refused with what to do instead', () => {
  const after = { id: 'u1', value: 'n'.repeat(2_001) }
  expect(() => writeCursor(list, { ...walk, after }, signer)).toThrow(/page by startIndex/)
})
