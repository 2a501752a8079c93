import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matches } from './filter-match.ts'
import { type MongoQuery, type Reference, toMongoQuery } from './filter-mongo.ts'
import { parseFilter } from './filter-parser.ts'
import { printFilter } from './filter-print.ts'
import { searchTree } from './fold.ts'
import type { JsonObject } from './json.ts'
import { presentUser } from './present.ts'
import { readResource } from './resource.ts'
import { groupType, userType } from './schema.ts'

const escapeKey = (name: string) => name.replaceAll('%', '%25').replaceAll('.', '%2E').replace(/^\$/, '%24')
const ofMembers = ({ attribute, isIn, ids }: Reference): MongoQuery => ({
  [`#${attribute}`]: { [isIn ? 'in' : 'notIn']: [...ids] },
})
const options = { type: userType, escapeKey, resolveReference: ofMembers }
const compile = (text: string, type = userType) => toMongoQuery(parseFilter(text, type), { ...options, type })
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2%2E0:User'

describe('a filter compiles to', () => {
  test.each<[string, MongoQuery]>([
    ['userName eq "NORA"', { 'search.userName': { $eq: 'nora' } }],
    ['externalId eq "AbC"', { 'scim.externalId': { $eq: 'AbC' } }],
    ['id eq "x"', { _id: { $eq: 'x' } }],
    ['active eq true', { 'scim.active': { $eq: true } }],
    ['name.givenName ne "N"', { 'search.name.givenName': { $ne: 'n' } }],
    ['userName sw "A.b"', { 'search.userName': { $regex: '^a\\.b' } }],
    ['title pr', { 'scim.title': { $nin: [null, '', [], {}] } }],
    ['manager eq "M"', { [`search.${enterprise}.manager.value`]: { $eq: 'm' } }],
    ['emails eq "X"', { 'search.emails': { $elemMatch: { value: { $eq: 'x' } } } }],
    [
      'emails[type eq "Work"].value eq "X"',
      { 'search.emails': { $elemMatch: { $and: [{ type: { $eq: 'work' } }, { value: { $eq: 'x' } }] } } },
    ],
    ['meta.created ge "2026-11-02T09:30:00Z"', { 'meta.created': { $gte: new Date('2026-11-02T09:30:00Z') } }],
    ['meta.resourceType eq "User"', {}],
    ['meta.resourceType ne "User"', { _id: { $in: [] } }],
    ['meta.resourceType eq "Group"', { _id: { $in: [] } }],
    ['meta.resourceType ne "Group"', {}],
    ['id pr', {}],
    ['schemas pr', {}],
    ['meta pr', {}],
    ['meta.created pr', {}],
    ['schemas eq "urn:ietf:params:scim:schemas:core:2.0:user"', {}],
    ['schemas eq "none"', { _id: { $in: [] } }],
    ['schemas eq "urn:acme:Ship:2.0:User"', { 'scim.urn:acme:Ship:2%2E0:User': { $exists: true } }],
    ['meta.created eq "2026-11-02T09:30:00.1231Z"', { _id: { $in: [] } }],
    ['meta.created ne "2026-11-02T09:30:00.1231Z"', {}],
    ['meta.created gt "2026-11-02T09:30:00.1231Z"', { 'meta.created': { $gt: new Date('2026-11-02T09:30:00.123Z') } }],
    ['meta.created ge "2026-11-02T09:30:00.1231Z"', { 'meta.created': { $gt: new Date('2026-11-02T09:30:00.123Z') } }],
    [
      'meta.lastModified lt "2026-11-02T09:30:00.1231Z"',
      { 'meta.lastModified': { $lte: new Date('2026-11-02T09:30:00.123Z') } },
    ],
    [
      'meta.lastModified le "2026-11-02T09:30:00.1231Z"',
      { 'meta.lastModified': { $lte: new Date('2026-11-02T09:30:00.123Z') } },
    ],
    [
      'meta.lastModified le "2026-11-02T09:30:00.123Z"',
      { 'meta.lastModified': { $lte: new Date('2026-11-02T09:30:00.123Z') } },
    ],
    ['emails.type pr', { 'scim.emails': { $elemMatch: { type: { $nin: [null, '', [], {}] } } } }],
    ['emails.primary eq true', { 'scim.emails': { $elemMatch: { primary: { $eq: true } } } }],
    ['emails pr', { 'scim.emails': { $nin: [null, '', [], {}] } }],
    ['photos.value eq "X"', { 'scim.photos': { $elemMatch: { value: { $eq: 'X' } } } }],
    [
      'urn:acme:Ship:2.0:User:deck pr',
      {
        $or: [
          { 'scim.urn:acme:Ship:2%2E0:User.deck': { $nin: [null, '', [], {}] } },
          { 'scim.urn:acme:Ship:2%2E0:User.deck': { $elemMatch: { $nin: [null, '', [], {}] } } },
        ],
      },
    ],
    [
      'urn:acme:Ship:2.0:User:groups[a pr]',
      {
        'search.urn:acme:Ship:2%2E0:User.groups': {
          $elemMatch: {
            $or: [{ a: { $nin: [null, '', [], {}] } }, { a: { $elemMatch: { $nin: [null, '', [], {}] } } }],
          },
        },
      },
    ],
    ['groups eq "g"', { '#groups': { in: ['g'] } }],
    ['not (groups pr)', { $nor: [{ '#groups': { notIn: [] } }] }],
    ['urn:acme:Ship:2.0:User:deck ge 4', { 'scim.urn:acme:Ship:2%2E0:User.deck': { $gte: 4 } }],
  ])('%s', (text, query) => {
    expect(compile(text)).toEqual({ query, costly: false })
  })

  test.each<[string, object]>([
    ['members eq "a"', { in: ['a'] }],
    ['members.value ne "a"', { notIn: ['a'] }],
    ['members pr', { notIn: [] }],
    ['members[value eq "a" or value eq "b"]', { in: ['a', 'b'] }],
    ['members[value eq "a" and value eq "b"]', { in: [] }],
    ['members[(value eq "a" or value eq "b") and value ne "a"]', { in: ['b'] }],
    ['members[value ne "a" and (value eq "a" or value eq "b")]', { in: ['b'] }],
    ['members[value ne "a" and value ne "b"]', { notIn: ['a', 'b'] }],
    ['members[value ne "a" or value eq "b"]', { notIn: ['a'] }],
    ['members[value eq "a" or not (value eq "a")]', { notIn: [] }],
    ['members[not (value eq "a" or value eq "b")]', { notIn: ['a', 'b'] }],
    ['members[not (value pr)]', { in: [] }],
  ])('what is asked of the members of a group: %s', (text, ids) => {
    expect(compile(text, groupType).query).toEqual({ '#members': ids })
  })

  test('a costly one where it is answered by no index', () => {
    expect(compile('title co "x.y" and active eq true')).toEqual({
      query: { $and: [{ 'search.title': { $regex: 'x\\.y' } }, { 'scim.active': { $eq: true } }] },
      costly: true,
    })
    // Not `$`: to MongoDB that is also the place before a last line break.
    expect(compile('title ew "x"')).toEqual({ query: { 'search.title': { $regex: 'x(?![\\s\\S])' } }, costly: true })
    expect(compile('emails[value ew "x"]').costly).toBe(true)
  })
})

test.each(['members.type eq "User"', 'members[value eq "a" and type eq "User"]', 'members[type pr]', 'members co "a"'])(
  '%s is refused: members are no part of the document',
  (text) => {
    expect(() => compile(text, groupType)).toThrow(expect.objectContaining({ code: 'filter-invalid' }))
  },
)

test.each(['meta.location eq "x"', 'meta.version eq "x"', 'schemas ne "x"'])('%s is refused', (text) => {
  expect(() => compile(text)).toThrow(expect.objectContaining({ code: 'filter-invalid' }))
})

test('a refusal says what cannot be asked', () => {
  expect(() => compile('meta.location eq "x"')).toThrow('meta.location cannot be asked for in this way.')
  expect(() => compile('members.type eq "User"', groupType)).toThrow(
    'members can only be asked for by value, with eq, ne and pr.',
  )
  expect(() => compile('groups co "a"')).toThrow('groups can only be asked for by value, with eq, ne and pr.')
})

test('what a client writes is a value or an escaped literal, never an operator or a pattern', () => {
  for (const value of ['$ne', '.*', 'a|b', '[a-z]', '\\', '^$', '(?i)x', 'a\0b']) {
    const json = JSON.stringify(value)
    const { query } = compile(`title co ${json}`)
    const pattern = (query['search.title'] as { $regex: string }).$regex
    expect(pattern).not.toContain('\0')
    expect(new RegExp(pattern).test(`x${value.toLowerCase()}y`)).toBe(true)
    expect(new RegExp(pattern).test('abcdefgxyz')).toBe(false)
    expect(compile(`title eq ${json}`).query).toEqual({ 'search.title': { $eq: value.toLowerCase() } })
  }
})

/** The part of MongoDB's query language that is compiled to, as its manual describes it. */
function meets(document: unknown, query: MongoQuery): boolean {
  return Object.entries(query).every(([key, condition]) => {
    if (key === '$and') return (condition as MongoQuery[]).every((item) => meets(document, item))
    if (key === '$or') return (condition as MongoQuery[]).some((item) => meets(document, item))
    if (key === '$nor') return !(condition as MongoQuery[]).some((item) => meets(document, item))
    const values = valuesAt(document, key.split('.'))
    return Object.entries(condition as MongoQuery).every(([operator, operand]) => holds(values, operator, operand))
  })
}

function valuesAt(document: unknown, names: string[]): unknown[] {
  const [name, ...rest] = names
  if (name === undefined) return [document]
  if (Array.isArray(document)) return document.flatMap((item) => valuesAt(item, names))
  if (typeof document !== 'object' || document === null) return [undefined]
  return valuesAt((document as JsonObject)[name], rest)
}

function holds(values: unknown[], operator: string, operand: unknown): boolean {
  const each = values.flatMap((value) => (Array.isArray(value) ? [value, ...value] : [value]))
  const bytes = (text: unknown) => Buffer.from(String(text))
  const order = (value: unknown): number | undefined => {
    if (typeof value !== typeof operand || (typeof value === 'object') !== operand instanceof Date) return undefined
    if (typeof value === 'string') return Buffer.compare(bytes(value), bytes(operand))
    return Number(value) - Number(operand)
  }
  switch (operator) {
    case '$eq':
      return each.some((value) => order(value) === 0)
    case '$ne':
      return !each.some((value) => order(value) === 0)
    case '$gt':
      return each.some((value) => (order(value) ?? 0) > 0)
    case '$gte':
      return each.some((value) => (order(value) ?? -1) >= 0)
    case '$lt':
      return each.some((value) => (order(value) ?? 0) < 0)
    case '$lte':
      return each.some((value) => (order(value) ?? 1) <= 0)
    case '$regex':
      return each.some((value) => typeof value === 'string' && new RegExp(String(operand), 'su').test(value))
    case '$exists':
      return values.some((value) => value !== undefined) === operand
    case '$in':
      return each.some((value) => (operand as unknown[]).includes(value))
    case '$nin':
      return !each.some((value) =>
        (operand as unknown[]).some((item) => JSON.stringify(item) === JSON.stringify(value ?? null)),
      )
    case '$elemMatch':
      return values.some(
        (value) => Array.isArray(value) && value.some((item) => isElement(item, operand as MongoQuery)),
      )
    case '$not':
      return !Object.entries(operand as MongoQuery).every(([inner, item]) => holds(values, inner, item))
    case '$type':
      return values.some(Array.isArray)
    default:
      throw new Error(`not MongoDB's: ${operator}`)
  }
}

/** `$elemMatch` takes conditions on the element itself, or a query on its members. */
function isElement(item: unknown, operand: MongoQuery): boolean {
  const [[first = ''] = []] = Object.entries(operand)
  return first === '$nin' ? holds([item], first, operand[first]) : meets(item, operand)
}

const text = fc.constantFrom('a', 'A', 'ab', 'Ba', 'b', 'aB.a', 'a\n', 'å', 'ﬀ', '😀', 'x*')
const element = fc.record({ type: text, value: text, display: text, primary: fc.boolean() }, { requiredKeys: [] })
const resource = fc
  .record(
    {
      externalId: text,
      title: text,
      active: fc.boolean(),
      name: fc.record({ givenName: text, familyName: text }, { requiredKeys: [] }),
      emails: fc.array(element, { maxLength: 3 }),
      photos: fc.array(element, { maxLength: 2 }),
      department: text,
      manager: fc.record({ value: text }),
      'urn:acme:Ship:2.0:User': fc.record(
        {
          berth: text,
          deck: fc.integer({ min: 0, max: 3 }),
          aft: fc.boolean(),
          crew: fc.array(fc.oneof(text, fc.record({ a: text }))),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  )
  .map((body) => {
    for (const list of [body.emails, body.photos]) {
      list?.forEach((item, index) => {
        if (index > 0) item.primary = false
      })
    }
    return readResource({ userName: 'n', ...body } as JsonObject, userType, 'create').resource
  })

const operator = fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le')
const ofText = (path: string) =>
  fc.oneof(
    fc.tuple(operator, text).map(([op, value]) => `${path} ${op} ${JSON.stringify(value)}`),
    fc.constantFrom(`${path} pr`, `${path} eq null`),
  )
const inner = (depth: number): fc.Arbitrary<string> => {
  const leaf = fc.oneof(
    ofText('type'),
    ofText('value'),
    fc.constantFrom('primary eq true', 'primary ne true', 'primary pr'),
  )
  return depth === 0 ? leaf : fc.oneof(leaf, combined(inner(depth - 1)))
}
const combined = (part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    fc.tuple(part, part).map(([left, right]) => `(${left} and ${right})`),
    fc.tuple(part, part).map(([left, right]) => `(${left} or ${right})`),
    part.map((item) => `not (${item})`),
  )
const ship = 'urn:acme:Ship:2.0:User'
const leaf = fc.oneof(
  ...[
    'title',
    'externalId',
    'name.givenName',
    'emails',
    'emails.type',
    'photos.value',
    'department',
    'manager',
    `${ship}:berth`,
    `${ship}:crew`,
    `${ship}:crew.a`,
  ].map(ofText),
  fc.constantFrom('active eq true', 'active ne false', `${ship}:deck ge 2`, `${ship}:deck ne 1`, `${ship}:aft eq true`),
  fc.constantFrom(
    'name pr',
    'emails pr',
    'manager pr',
    'id eq "u"',
    'id sw "U"',
    `schemas eq "${ship}"`,
    'emails.primary ne true',
  ),
  fc.constantFrom(
    'meta.created gt "2026-01-01T00:00:00Z"',
    'meta.created le "2026-01-01T00:00:00+01:00"',
    'meta.lastModified pr',
  ),
  inner(1).map((filter) => `emails[${filter}]`),
  fc.tuple(inner(1), ofText('value')).map(([filter, rest]) => rest.replace(/^value/, `photos[${filter}].value`)),
)
const filter = fc.letrec<{ filter: string }>((tie) => ({
  filter: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, combined(tie('filter'))),
})).filter

test('the store finds exactly what the filter matches in memory', () => {
  let found = 0
  fc.assert(
    fc.property(resource, filter, (scim, written) => {
      const parsed = parseFilter(written, userType)
      const created = '2026-01-01T00:00:00.000Z'
      const presented = presentUser({ id: 'u', scim, scimVersion: 1, created, lastModified: created, base: '' })
      const instants = { created: new Date(created), lastModified: new Date(created) }
      const document = {
        _id: 'u',
        scim: escapeAll(scim),
        search: escapeAll(searchTree(scim, userType)),
        meta: instants,
      }
      const expected = matches(parsed, presented)
      if (expected) found += 1
      expect(meets(document, toMongoQuery(parsed, options).query)).toBe(expected)
    }),
    { numRuns: 500 },
  )
  expect(found).toBeGreaterThan(100)
})

test('a printed filter is the same filter', () => {
  fc.assert(
    fc.property(filter, (written) => {
      const parsed = parseFilter(written, userType)
      expect(parseFilter(printFilter(parsed), userType)).toEqual(parsed)
    }),
    { numRuns: 200 },
  )
})

function escapeAll(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [escapeKey(name), item]))
}
