import { describe, expect, test } from 'vitest'
import { attribute } from '../fixtures/attribute.ts'
import { schemaById } from './discovery.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { presentGroup, presentUser } from './present.ts'
import { project } from './projection.ts'
import { readResource } from './resource.ts'
import {
  coreGroupSchema,
  coreUserSchema,
  enterpriseUserSchema,
  groupType,
  type ResourceType,
  userType,
} from './schema.ts'

const read = (body: JsonObject, type: ResourceType = userType) =>
  readResource({ userName: 'n', ...body }, type, 'create')
const stored = (body: JsonObject, type: ResourceType = userType) => read(body, type).resource
const refused = (code: string) => expect.objectContaining({ code })

const dates = { created: '2026-01-01T00:00:00.000Z', lastModified: '2026-01-02T00:00:00.000Z' }
const shown = (scim: JsonObject) =>
  presentUser({ id: 'u1', scim, scimVersion: 3, base: 'https://x.test/scim/v2', ...dates })

/** A type with an extension that has an attribute of every kind, as an instance may declare one. */
const kinds = 'urn:acme:params:scim:schemas:Kinds:2.0:User'
const withKinds: ResourceType = {
  ...userType,
  extensions: [
    {
      id: kinds,
      name: 'Kinds',
      description: 'Every kind',
      attributes: [
        attribute('flag', { type: 'boolean' }),
        attribute('count', { type: 'integer' }),
        attribute('share', { type: 'decimal' }),
        attribute('since', { type: 'dateTime' }),
        attribute('link', { type: 'reference' }),
        attribute('key', { type: 'binary' }),
        attribute('tags', { multiValued: true }),
        attribute('numbers', { type: 'integer', multiValued: true }),
        attribute('secret', { mutability: 'writeOnly', returned: 'never' }),
        attribute('badge', { returned: 'always' }),
        attribute('notes', { returned: 'request' }),
        attribute('made', { mutability: 'readOnly' }),
        attribute('parts', {
          type: 'complex',
          subAttributes: [
            attribute('shown'),
            attribute('always', { returned: 'always' }),
            attribute('asked', { returned: 'request' }),
            attribute('never', { returned: 'never' }),
          ],
        }),
      ],
    },
  ],
}
const kind = (parts: JsonObject) => stored({ [kinds]: parts }, withKinds)[kinds]

describe('RFC 7643 2.1', () => {
  test('"Attribute names are case insensitive and are often "camel-cased""', () => {
    expect(
      stored({ TITLE: 'T', Name: { GIVENNAME: 'N' }, [enterpriseUserSchema.toUpperCase()]: { DEPARTMENT: 'D' } }),
    ).toEqual({
      userName: 'n',
      active: true,
      title: 'T',
      name: { givenName: 'N' },
      [enterpriseUserSchema]: { department: 'D' },
    })
  })

  test('names outside of ATTRNAME are no attributes', () => {
    expect(read({ '1st': 'x', 'a b': 'x', $where: 'x', _id: 'x', 'x.y': 'x', '': 'x' }).dropped).toEqual([
      '1st',
      'a b',
      '$where',
      '_id',
      'x.y',
      '',
    ])
  })
})

describe('RFC 7643 2.3', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['2.3.1 "String: A sequence of zero or more Unicode characters"', { link: ' ø\u0000😀 ' }, { link: ' ø\u0000😀 ' }],
    ['2.3.2 "Boolean: The literal "true" or "false""', { flag: false }, { flag: false }],
    [
      '2.3.3 "Decimal: A real number with at least one digit to the left and right of the period"',
      { share: 0.5 },
      { share: 0.5 },
    ],
    ['2.3.4 "Integer: A whole number with no fractional digits or decimal"', { count: -4 }, { count: -4 }],
    [
      '2.3.5 "DateTime: A DateTime value (e.g., 2008-01-23T04:56:22Z)"',
      { since: '2008-01-23T04:56:22Z' },
      { since: '2008-01-23T04:56:22Z' },
    ],
    ['2.3.6 "Binary: Arbitrary binary data"', { key: 'QUJD' }, { key: 'QUJD' }],
    ['2.3.7 "Reference: A URI for a resource"', { link: '../Users/1' }, { link: '../Users/1' }],
    [
      '2.4 "Multi-Valued Attributes [...] JSON array"',
      { tags: ['b', 'a', 'b'], numbers: [2, 1] },
      { tags: ['b', 'a', 'b'], numbers: [2, 1] },
    ],
  ])('%s', (_, sent, kept) => {
    expect(kind(sent)).toEqual(kept)
  })

  test.each<[string, JsonValue]>([
    ['flag', 'yes'],
    ['flag', 1],
    ['count', 1.5],
    ['count', '4'],
    ['share', '0.5'],
    ['since', '2008-01-23'],
    ['since', 5],
    ['link', 5],
    ['key', true],
    ['tags', [5]],
    ['numbers', ['5']],
    ['parts', 'x'],
  ])('a value of another type is refused: %s %j', (name, value) => {
    expect(() => kind({ [name]: value })).toThrow(refused('value-invalid'))
  })

  test('the refusal names the attribute, what was sent and what is expected', () => {
    const sentence = (name: string, value: JsonValue) => {
      try {
        return JSON.stringify(kind({ [name]: value }))
      } catch (err) {
        return (err as Error).message
      }
    }
    expect(sentence('flag', 'yes')).toBe(`${kinds}:flag: yes is not true or false.`)
    expect(sentence('count', 1.5)).toBe(`${kinds}:count: 1.5 is not a whole number.`)
    expect(sentence('share', [1, 2])).toBe(`${kinds}:share: a list is not a number.`)
    expect(sentence('since', 'today')).toBe(
      `${kinds}:since: today is not a date and time such as "2026-11-02T09:30:00Z".`,
    )
    expect(sentence('link', { a: 1 })).toBe(`${kinds}:link: an object is not a text.`)
    expect(sentence('parts', 'x')).toBe(`${kinds}:parts: x is not an object.`)
    expect(sentence('flag', 'x'.repeat(200))).toBe(`${kinds}:flag: ${'x'.repeat(120)}… is not true or false.`)
  })
})

describe('RFC 7643 2.4', () => {
  test('"primary: [...] The primary attribute value "true" MUST appear no more than once"', () => {
    const emails = [
      { value: 'a', primary: true },
      { value: 'b', primary: true },
    ]
    expect(() => stored({ emails })).toThrow('emails.primary: 2 times true is not true once at most.')
    expect(
      stored({
        emails: [
          { value: 'a', primary: true },
          { value: 'b', primary: false },
        ],
      }).emails,
    ).toHaveLength(2)
  })

  test('1,000 values of an attribute are kept, more are refused, but of members', () => {
    const values = (count: number) => Array.from({ length: count }, (_, n) => ({ value: `v${n}` }))
    expect(stored({ emails: values(1000) }).emails).toHaveLength(1000)
    expect(() => stored({ emails: values(1001) })).toThrow('emails: a list of 1001 is not a list of at most 1000.')
    expect(stored({ displayName: 'g', members: values(1001) }, groupType).members).toHaveLength(1001)
  })
})

describe('RFC 7643 2.5', () => {
  test('"Unassigned attributes, the null value, and an empty array [...] are considered to be equivalent in "state""', () => {
    const none = [null, [], [null], '', [''], {}]
    for (const value of none) {
      expect(
        stored({
          name: value,
          emails: value,
          ...(Array.isArray(value) || typeof value !== 'object' ? { title: value } : {}),
        }),
        JSON.stringify(value),
      ).toEqual({ userName: 'n', active: true })
    }
  })
})

describe('RFC 7643 3', () => {
  test('"schemas: [...] a REQUIRED attribute and is an array of Strings containing URIs that are used to indicate the namespaces of the SCIM schemas that define the attributes present in the current JSON structure"', () => {
    const user = stored({ [enterpriseUserSchema]: { department: 'D' }, 'urn:acme:Ship:2.0:User': { deck: 1 } })
    expect(shown(user).schemas).toEqual([coreUserSchema, enterpriseUserSchema, 'urn:acme:Ship:2.0:User'])
    expect(shown(stored({})).schemas).toEqual([coreUserSchema])
  })

  test('3.1 "id: [...] MUST NOT be specified by the client"; "meta: [...] SHALL be ignored when provided by clients"', () => {
    expect(stored({ id: 'mine', meta: { version: 'x' }, schemas: ['x'] })).toEqual({ userName: 'n', active: true })
  })

  test('3.1 "externalId: A String that is an identifier for the resource as defined by the provisioning client"', () => {
    expect(shown(stored({ externalId: ' Ext ' })).externalId).toBe(' Ext ')
  })

  test('3.1 meta has resourceType, created, lastModified, location and version', () => {
    expect(shown(stored({})).meta).toEqual({
      resourceType: 'User',
      ...dates,
      location: 'https://x.test/scim/v2/Users/u1',
      version: 'W/"3"',
    })
  })

  test('3.3 "attributes that are not in the core schema are in a sub-object named by the extension\'s URI"', () => {
    expect(shown(stored({ department: 'D' }))[enterpriseUserSchema]).toEqual({ department: 'D' })
  })
})

describe('RFC 7643 4', () => {
  test('4.1.1 "userName: [...] REQUIRED"', () => {
    for (const userName of [null, '', ' ', []])
      expect(() => stored({ userName })).toThrow(refused('attribute-required'))
  })

  test('4.1.2 "groups: [...] Since this attribute has a mutability of "readOnly", group membership changes MUST be applied via the "Group" Resource"', () => {
    expect(stored({ groups: [{ value: 'g' }] })).toEqual({ userName: 'n', active: true })
  })

  test('4.1.1 "password: [...] MUST NOT be returned"', () => {
    expect(stored({ password: 'Tide-9' })).toEqual({ userName: 'n', active: true })
    expect(project({ id: 'u', password: 'Tide-9' }, userType, { attributes: ['password'] })).toEqual({ id: 'u' })
  })

  test('4.2 members have value, $ref, type and display', () => {
    const group = { id: 'g', scim: { displayName: 'Crew' }, scimVersion: 1, base: 'https://x.test', ...dates }
    expect(
      presentGroup({
        ...group,
        members: [
          { value: 'u', display: 'Nora', type: 'User' },
          { value: 'h', type: 'Group' },
        ],
      }),
    ).toEqual({
      schemas: [coreGroupSchema],
      id: 'g',
      displayName: 'Crew',
      members: [
        { value: 'u', $ref: 'https://x.test/Users/u', type: 'User', display: 'Nora' },
        { value: 'h', $ref: 'https://x.test/Groups/h', type: 'Group' },
      ],
      meta: { resourceType: 'Group', ...dates, location: 'https://x.test/Groups/g', version: 'W/"1"' },
    })
  })
})

describe('RFC 7643 7, "returned"', () => {
  const user: JsonObject = {
    id: 'u',
    userName: 'n',
    [kinds]: {
      flag: true,
      secret: 's',
      badge: 'b',
      notes: 'n',
      parts: { shown: 1, always: 2, asked: 3, never: 4 },
    },
  }
  const of = (projection: object) => project(user, withKinds, projection)[kinds]

  test('"always: The attribute is always returned, regardless of the contents of the "attributes" parameter"', () => {
    expect(of({ attributes: ['userName'] })).toEqual({ badge: 'b' })
    expect(of({ excludedAttributes: [kinds, `${kinds}:badge`] })).toEqual({ badge: 'b' })
    expect(of({ attributes: [`${kinds}:parts.shown`] })).toEqual({ badge: 'b', parts: { shown: 1, always: 2 } })
  })

  test('"never: The attribute is never returned"', () => {
    expect(JSON.stringify(of({ attributes: [kinds, `${kinds}:secret`, `${kinds}:parts.never`] }))).not.toMatch(
      /secret|never/,
    )
  })

  test('"default: The attribute is returned by default in all SCIM operation responses where attribute values are returned"', () => {
    expect(of({})).toEqual({ flag: true, badge: 'b', parts: { shown: 1, always: 2 } })
  })

  test('"request: The attribute is returned [...] if it was specified by the client"', () => {
    expect(of({ attributes: [`${kinds}:notes`] })).toEqual({ badge: 'b', notes: 'n' })
    expect(of({ attributes: [`${kinds}:parts.asked`] })).toEqual({ badge: 'b', parts: { always: 2, asked: 3 } })
    expect(of({ attributes: [kinds], excludedAttributes: [`${kinds}:flag`] })).toEqual({
      badge: 'b',
      notes: 'n',
      parts: { shown: 1, always: 2 },
    })
  })
})

test('RFC 7643 7: "readOnly: The attribute SHALL NOT be modified", in an extension, too', () => {
  expect(kind({ made: 'x', flag: true })).toEqual({ flag: true })
})

test('RFC 7643 7: every attribute of /Schemas says what it is', () => {
  const check = (item: JsonObject) => {
    for (const name of ['name', 'type', 'description', 'mutability', 'returned', 'uniqueness']) {
      expect(item[name], `${item.name}.${name}`).toEqual(expect.any(String))
    }
    for (const name of ['multiValued', 'required', 'caseExact'])
      expect(item[name], `${item.name}.${name}`).toEqual(expect.any(Boolean))
    for (const sub of (item.subAttributes ?? []) as JsonObject[]) check(sub)
  }
  for (const id of [coreUserSchema, enterpriseUserSchema, coreGroupSchema]) {
    const attributes = schemaById(id, '')?.attributes as JsonObject[]
    expect(attributes.length).toBeGreaterThan(2)
    attributes.forEach(check)
  }
})
