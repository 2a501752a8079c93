import { describe, expect, test } from 'vitest'
import { enterpriseUserSchema, groupType, printAttributePath, userType } from './schema.ts'
import { type ListPosition, mongoOrder, type SortOrder, sortableAttribute } from './sort-mongo.ts'

const escapeKey = (name: string) => name.replaceAll('.', '%2E').replace(/^\$/, '%24')
const order = (sortBy: string | null, sortOrder: SortOrder = 'ascending', type = userType) =>
  mongoOrder(sortBy === null ? null : sortableAttribute(sortBy, type), sortOrder, escapeKey)

describe('RFC 7644 3.4.2.3: sortBy names an attribute of one value', () => {
  test.each([
    ['USERNAME', 'userName'],
    ['name.familyname', 'name.familyName'],
    ['emails', 'emails.value'],
    ['emails.type', 'emails.type'],
    ['manager', `${enterpriseUserSchema}:manager.value`],
    ['id', 'id'],
    ['meta.created', 'meta.created'],
    ['externalId', 'externalId'],
  ])('%s is %s', (text, path) => {
    const found = sortableAttribute(text, userType)
    expect(found && printAttributePath(found)).toBe(path)
  })

  test.each([
    ['unknown', 'shoeSize'],
    ['of an extension without a schema', 'urn:acme:Ship:2.0:User:deck'],
    ['complex, without a value', 'name'],
    ['never returned', 'password'],
    ['not stored in the resource', 'groups'],
    ['not stored in the resource, by part', 'groups.display'],
    ['made by the service', 'meta.location'],
    ['whole meta', 'meta'],
    ['schemas', 'schemas'],
    ['a read-only part', 'manager.displayName'],
  ])('%s: nobody is ordered by it', (_, text) => {
    expect(sortableAttribute(text, userType)).toBeUndefined()
  })

  test('members are kept apart from the group', () => {
    expect(sortableAttribute('members', groupType)).toBeUndefined()
    expect(sortableAttribute('displayName', groupType)).toBeDefined()
  })
})

describe('an order that an index can serve', () => {
  test('by id', () => {
    for (const sortBy of [null, 'id']) {
      expect(order(sortBy)).toMatchObject({ projection: { _id: 1 }, isMade: false, sort: { _id: 1 } })
      expect(order(sortBy).after({ id: 'u1' })).toEqual({ _id: { $gt: 'u1' } })
      expect(order(sortBy).positionOf({ _id: 'u1' })).toEqual({ id: 'u1' })
    }
    expect(order('id', 'descending').sort).toEqual({ _id: -1 })
    expect(order('id', 'descending').after({ id: 'u1' })).toEqual({ _id: { $lt: 'u1' } })
  })

  test('by what everybody has once and nobody shares: nothing breaks ties', () => {
    const byName = order('userName')
    expect(byName).toMatchObject({
      projection: { 'search.userName': 1 },
      isMade: false,
      sort: { 'search.userName': 1 },
    })
    expect(byName.positionOf({ _id: 'u1', search: { userName: 'nora' } })).toEqual({ id: 'u1', value: 'nora' })
    expect(byName.after({ id: 'u1', value: 'nora' })).toEqual({
      $and: [
        { 'search.userName': { $gte: 'nora' } },
        { $or: [{ 'search.userName': { $gt: 'nora' } }, { _id: { $gt: 'u1' } }] },
      ],
    })
    expect(order('displayName', 'descending', groupType).sort).toEqual({ 'search.displayName': -1 })
  })

  test('by a time: as a date to the store, as text in a position', () => {
    const meta = { created: new Date('2026-11-02T09:30:00Z'), lastModified: new Date('2026-11-03T09:30:00Z') }
    const byTime = order('meta.lastModified', 'descending')
    expect(byTime).toMatchObject({ isMade: false, sort: { 'meta.lastModified': -1, _id: -1 } })
    const position = byTime.positionOf({ _id: 'u1', meta })
    expect(position).toEqual({ id: 'u1', value: '2026-11-03T09:30:00.000Z' })
    expect(byTime.after(position)).toEqual({
      $and: [
        { 'meta.lastModified': { $lte: meta.lastModified } },
        { $or: [{ 'meta.lastModified': { $lt: meta.lastModified } }, { _id: { $lt: 'u1' } }] },
      ],
    })
    expect(order('meta.created').positionOf({ _id: 'u1', meta }).value).toBe('2026-11-02T09:30:00.000Z')
  })

  test('behind one of another type, which lacks the attribute: nobody, or in descending order everybody', () => {
    expect(order('userName').after({ id: 'g1', value: null })).toEqual({ _id: { $in: [] } })
    expect(order('userName', 'descending').after({ id: 'g1' })).toEqual({})
  })
})

describe('an order by what is made of the resource', () => {
  test('a value that may be missing, which then comes last', () => {
    const byTitle = order('title')
    const value = { $ifNull: ['$search.title', null] }
    expect(byTitle).toMatchObject({
      projection: { sortedBy: { lacks: { $cond: [{ $eq: [value, null] }, 1, 0] }, value } },
      isMade: true,
      sort: { sortedBy: 1, _id: 1 },
    })
    const position = byTitle.positionOf({ _id: 'u1', sortedBy: { lacks: 0, value: 'cook' } })
    expect(position).toEqual({ id: 'u1', value: 'cook' })
    const cook = { lacks: 0, value: 'cook' }
    expect(byTitle.after(position)).toEqual({
      $and: [{ sortedBy: { $gte: cook } }, { $or: [{ sortedBy: { $gt: cook } }, { _id: { $gt: 'u1' } }] }],
    })
    expect(order('title', 'descending').after({ id: 'u1', value: null })).toMatchObject({
      $and: [{ sortedBy: { $lte: { lacks: 1, value: null } } }, {}],
    })
    expect(byTitle.positionOf({ _id: 'u1' })).toEqual({ id: 'u1', value: null })
  })

  test('of an extension, its names as the store writes them', () => {
    const { projection } = order('manager')
    const field = '$search.urn:ietf:params:scim:schemas:extension:enterprise:2%2E0:User.manager.value'
    expect(projection.sortedBy).toMatchObject({ value: { $ifNull: [field, null] } })
  })

  test('of several values: the primary one, or else the first', () => {
    const { projection } = order('emails.type')
    const values = { $cond: [{ $isArray: '$search.emails' }, '$search.emails', []] }
    const primary = { $filter: { input: values, as: 'item', cond: { $eq: ['$$item.primary', true] } } }
    const chosen = { $first: { $concatArrays: [primary, values] } }
    expect(projection.sortedBy).toMatchObject({
      value: { $ifNull: [{ $let: { vars: { chosen }, in: '$$chosen.type' } }, null] },
    })
  })

  test('of a type that lacks the attribute: nobody has a value', () => {
    const { projection, isMade } = order('userName', 'ascending', groupType)
    expect(isMade).toBe(true)
    expect(projection.sortedBy).toMatchObject({ value: { $ifNull: [null, null] } })
  })
})

test('positions of several collections are in the order that each collection has', () => {
  const ascending: ListPosition[] = [
    { id: 'b', value: false },
    { id: 'a', value: true },
    { id: 'z', value: 'Z' },
    { id: 'a', value: 'a' },
    { id: 'b', value: 'a' },
    { id: 'c', value: 'ａ' },
    { id: 'a', value: '🚢' },
    { id: 'a', value: null },
    { id: 'b' },
  ]
  const texts = ascending.slice(2)
  expect(texts.toReversed().toSorted(order('title').compare)).toEqual(texts)
  expect(texts.toSorted(order('title', 'descending').compare)).toEqual(texts.toReversed())
  const flags = ascending.slice(0, 2)
  expect(flags.toReversed().toSorted(order('active').compare)).toEqual(flags)
  expect([{ id: 'b' }, { id: 'a' }].toSorted(order(null).compare)).toEqual([{ id: 'a' }, { id: 'b' }])
})
