import { groupType, userType } from '@user-provisioning/scim/schema'
import { describe, expect, test } from 'vitest'
import { cursors as signer } from '../../fixtures/cursors.ts'
import { writeCursor } from './list-cursor.ts'
import type { ListParameters } from './list-parameters.ts'
import { pageOf, readListQuery } from './list-query.ts'

const users = { instanceId: 'i1', endpoint: '/Users', types: [userType] }
const read = (parameters: ListParameters, list = users) => readListQuery(parameters, list, signer)
const cursorOf = (parameters: ListParameters, list = users) => {
  const query = read({ ...parameters, cursor: '' }, list)
  return writeCursor(query.identity, { ...query, total: 9, after: { id: 'u1' } }, signer)
}
const refused = (code: string) => expect.objectContaining({ code })

describe('RFC 7644 3.4.2.4: index paging', () => {
  test.each<[ListParameters, { startIndex: number; count: number }]>([
    [{}, { startIndex: 1, count: 200 }],
    [
      { startIndex: '0', count: '-4' },
      { startIndex: 1, count: 0 },
    ],
    [
      { startIndex: '7', count: '5' },
      { startIndex: 7, count: 5 },
    ],
    [{ count: '100000' }, { startIndex: 1, count: 200 }],
    [
      { startIndex: '', count: '' },
      { startIndex: 1, count: 200 },
    ],
  ])('%o', (parameters, page) => {
    expect(pageOf(read(parameters))).toEqual({
      ...page,
      filter: null,
      sortBy: null,
      sortOrder: 'ascending',
      walk: undefined,
    })
  })

  test.each(['lots', '1.5', '1e3', '0x1f', '9'.repeat(16)])('count=%s is no whole number', (count) => {
    expect(() => read({ count })).toThrow(refused('parameter-invalid'))
  })
})

describe('RFC 7644 3.4.2.3: sortBy', () => {
  test.each([
    ['username', 'userName'],
    ['emails', 'emails.value'],
    ['urn:ietf:params:scim:schemas:core:2.0:User:name.FAMILYNAME', 'name.familyName'],
    ['manager', 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value'],
    ['meta.lastModified', 'meta.lastModified'],
    ['id', 'id'],
  ])('%s orders by %s', (sortBy, canonical) => {
    expect(read({ sortBy }).sortBy).toBe(canonical)
  })

  test.each(['shoeSize', 'name', 'password', 'groups', 'schemas', 'meta.location', '$where', '__proto__'])(
    '%s can order nobody',
    (sortBy) => {
      expect(() => read({ sortBy })).toThrow(refused('parameter-invalid'))
    },
  )
})

describe('RFC 9865 2: cursor paging', () => {
  test('is asked for by the parameter, empty on the first page, whatever startIndex says', () => {
    expect(read({ cursor: '', count: '2', startIndex: '2' })).toMatchObject({ walk: null, count: 2 })
    expect(read({ cursor: '' })).toMatchObject({ walk: null, count: 200 })
  })

  test('goes on where a cursor says, in any spelling of the same query', () => {
    const cursor = cursorOf({ filter: 'userName sw "J"', sortBy: 'displayName', count: '10' })
    const same = { filter: 'USERNAME  SW "J"', sortBy: 'DisplayName', sortOrder: 'Ascending', cursor }
    expect(read({ ...same, count: '10' })).toMatchObject({ count: 10, walk: { total: 9, after: { id: 'u1' } } })
    expect(read(same).count).toBe(10)
  })

  test('is one for the largest page and for more than it', () => {
    expect(read({ count: '300', cursor: cursorOf({ count: '500' }) }).count).toBe(200)
  })

  test.each<[string, ListParameters, string]>([
    ['another filter', { filter: 'userName sw "j"' }, 'cursor-invalid'],
    ['no filter', {}, 'cursor-invalid'],
    ['another order', { filter: 'userName sw "J"', sortOrder: 'descending' }, 'cursor-invalid'],
    ['another count', { filter: 'userName sw "J"', count: '11' }, 'count-invalid'],
    ['a count of nobody', { filter: 'userName sw "J"', count: '0' }, 'count-invalid'],
  ])('is refused for %s', (_, parameters, code) => {
    const cursor = cursorOf({ filter: 'userName sw "J"', count: '10' })
    expect(() => read({ ...parameters, cursor })).toThrow(refused(code))
  })

  test('of users is none of groups, of both, or of another instance', () => {
    const cursor = cursorOf({})
    for (const list of [
      { ...users, endpoint: '/Groups', types: [groupType] },
      { ...users, endpoint: '/', types: [userType, groupType] },
      { ...users, instanceId: 'i2' },
    ]) {
      expect(() => read({ cursor }, list)).toThrow(refused('cursor-invalid'))
    }
  })
})
