import { describe, expect, test } from 'vitest'
import type { JsonObject, JsonValue } from './json.ts'
import { applyPatch, parsePatch } from './patch.ts'
import { coreUserSchema, enterpriseUserSchema, type ResourceType, userType } from './schema.ts'

const ship = 'urn:acme:Ship:2.0:User'
const nora: JsonObject = {
  userName: 'nora@harbour.test',
  active: true,
  title: 'Deckhand',
  name: { givenName: 'Nora', familyName: 'Quist' },
  emails: [
    { type: 'work', value: 'n@work.test', primary: true },
    { type: 'home', value: 'n@home.test' },
    { type: 'other', value: 'n@old.test' },
  ],
  addresses: [
    { type: 'work', locality: 'Ystad' },
    { type: 'home', locality: 'Lund' },
  ],
  [enterpriseUserSchema]: { department: 'Deck', manager: { value: 'm' } },
  [ship]: {
    berths: [
      { deck: 1, side: 'port' },
      { deck: 2, side: 'aft' },
    ],
    tags: ['a', 'b'],
    cabin: { no: 4, key: 'x' },
  },
}

function patch(operations: JsonValue, type: ResourceType = userType, before: JsonObject = nora) {
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp']
  return applyPatch(before, parsePatch({ schemas, Operations: operations }, type).operations, type)
}
const after = (...operations: JsonObject[]) => patch(operations).resource
const fault = (...operations: JsonObject[]) => {
  try {
    patch(operations)
  } catch (err) {
    return err
  }
  return undefined
}
const refused = (code: string) => expect.objectContaining({ code })

describe('RFC 7644 3.5.2', () => {
  test('"Each PATCH operation object MUST have exactly one "op" member, whose value indicates the operation to perform and MAY be one of "add", "remove", or "replace""', () => {
    expect(fault({ path: 'title', value: 'x' })).toEqual(refused('value-invalid'))
    expect(fault({ op: 'test', path: 'title', value: 'x' })).toEqual(refused('value-invalid'))
  })

  test('"a client MUST NOT modify an attribute that has mutability "readOnly" or "immutable""', () => {
    for (const op of ['add', 'replace', 'remove']) {
      expect(fault({ op, path: 'id', value: 'x' })).toEqual(refused('attribute-read-only'))
      expect(fault({ op, path: 'meta.version', value: 'x' })).toEqual(refused('attribute-read-only'))
      expect(fault({ op, path: 'groups', value: [{ value: 'g' }] })).toEqual(refused('attribute-read-only'))
    }
  })

  const badge = 'urn:acme:params:scim:schemas:extension:badge:2.0:User'
  const withBadge: ResourceType = {
    ...userType,
    extensions: [
      ...userType.extensions,
      {
        id: badge,
        name: 'Badge',
        description: 'A badge',
        attributes: ['number', 'issued'].map((name) => ({
          name,
          type: name === 'number' ? 'integer' : 'dateTime',
          multiValued: false,
          required: name === 'number',
          caseExact: false,
          mutability: 'immutable',
          returned: 'default',
          uniqueness: 'none',
          description: '',
        })),
      },
    ],
  }

  test('"a client MAY "add" a value to an "immutable" attribute if the attribute had no previous value"', () => {
    const added = patch([{ op: 'add', path: `${badge}:number`, value: 7 }], withBadge).resource
    expect(added[badge]).toEqual({ number: 7 })
    const again = [{ op: 'add', path: `${badge}:number`, value: 7 }]
    expect(patch(again, withBadge, added).changed).toBe(false)
    const other = [{ op: 'replace', path: `${badge}:number`, value: 8 }]
    expect(() => patch(other, withBadge, added)).toThrow(refused('attribute-read-only'))
    expect(() => patch([{ op: 'remove', path: badge }], withBadge, added)).toThrow(refused('attribute-read-only'))
  })

  test('"An operation that is not compatible with an attribute\'s mutability or schema SHALL return the appropriate HTTP response status code"', () => {
    const value = (path: string, item: JsonValue) => () =>
      patch([{ op: 'add', path: `${badge}:${path}`, value: item }], withBadge)
    expect(value('number', 7.5)).toThrow(refused('value-invalid'))
    expect(value('number', 'seven')).toThrow(refused('value-invalid'))
    expect(value('issued', '2026-02-30T00:00:00Z')).toThrow(refused('value-invalid'))
    expect(value('issued', '2026-02-28T00:00:00Z')).toThrow(refused('attribute-required'))
    expect(fault({ op: 'add', path: 'name', value: 'Nora' })).toEqual(refused('value-invalid'))
    expect(fault({ op: 'add', path: 'title', value: { a: 1 } })).toEqual(refused('value-invalid'))
  })

  test('"a PATCH operation that sets a value\'s "primary" sub-attribute to "true" SHALL cause the server to automatically set "primary" to "false" for any other values in the array"', () => {
    const primaries = (...operations: JsonObject[]) =>
      (after(...operations).emails as JsonObject[]).filter((item) => item.primary === true).map((item) => item.type)
    expect(primaries({ op: 'replace', path: 'emails[type eq "home"].primary', value: true })).toEqual(['home'])
    expect(primaries({ op: 'add', path: 'emails', value: [{ type: 'x', value: 'x', primary: true }] })).toEqual(['x'])
    expect(
      primaries({ op: 'replace', path: 'emails[type eq "home"]', value: { type: 'home', primary: true } }),
    ).toEqual(['home'])
    expect(primaries({ op: 'replace', path: 'emails[type eq "work"].primary', value: false })).toEqual([])
  })

  test('"A PATCH request, regardless of the number of operations, SHALL be treated as atomic"', () => {
    const before = structuredClone(nora)
    expect(
      fault(
        { op: 'replace', path: 'name.givenName', value: 'X' },
        { op: 'replace', path: 'emails[type eq "home"].value', value: 'x' },
        { op: 'add', path: `${enterpriseUserSchema}:department`, value: 'x' },
        { op: 'replace', path: `${ship}:berths[deck eq 1].side`, value: 'x' },
        { op: 'replace', path: 'emails[type eq "none"].value', value: 'x' },
      ),
    ).toEqual(refused('path-no-target'))
    expect(nora).toEqual(before)
  })

  test('operations are done in the order of the array, each on the outcome of the one before', () => {
    const operations = [
      { op: 'add', path: `${ship}:list`, value: [{ a: 1 }] },
      { op: 'replace', path: `${ship}:list[a eq 1].a`, value: 2 },
      { op: 'replace', path: `${ship}:list[a eq 2].a`, value: 3 },
    ]
    const parsed = parsePatch({ Operations: operations }, userType).operations
    const done = applyPatch(nora, parsed, userType).resource[ship]
    expect(done).toMatchObject({ list: [{ a: 3 }] })
    // What is done twice, as after a crash, is done as the first time.
    expect(applyPatch(nora, parsed, userType).resource[ship]).toEqual(done)
  })
})

describe('RFC 7644 3.5.2.1 (add)', () => {
  test('"The operation MUST contain a "value" member whose content specifies the value to be added"', () => {
    expect(fault({ op: 'add', path: 'title' })).toEqual(refused('value-invalid'))
  })

  test('"If omitted, the target location is assumed to be the resource itself"', () => {
    const value = { nickName: 'N', emails: [{ value: 'x' }], [enterpriseUserSchema]: { costCenter: '7' } }
    const { nickName, emails, [enterpriseUserSchema]: enterprise } = after({ op: 'add', value })
    expect(nickName).toBe('N')
    expect(emails).toHaveLength(4)
    expect(enterprise).toEqual({ department: 'Deck', manager: { value: 'm' }, costCenter: '7' })
  })

  test('"If the target location does not exist, the attribute and value are added"', () => {
    expect(after({ op: 'add', path: 'ims', value: [{ value: 'x' }] }).ims).toEqual([{ value: 'x' }])
    expect(after({ op: 'add', path: 'urn:acme:Dock:2.0:User:pier', value: 4 })['urn:acme:Dock:2.0:User']).toEqual({
      pier: 4,
    })
  })

  test('"If the target location specifies a complex attribute, a set of sub-attributes SHALL be specified in the "value" parameter"', () => {
    expect(after({ op: 'add', path: 'name', value: { middleName: 'Ida' } }).name).toEqual({
      givenName: 'Nora',
      familyName: 'Quist',
      middleName: 'Ida',
    })
    expect(after({ op: 'add', path: `${ship}:cabin`, value: { key: 'y' } })[ship]).toMatchObject({
      cabin: { no: 4, key: 'y' },
    })
  })

  test('"If the target location specifies a multi-valued attribute, a new value is added to the attribute"', () => {
    expect(after({ op: 'add', path: 'emails', value: [{ value: 'x' }] }).emails).toEqual([
      ...(nora.emails as JsonValue[]),
      { value: 'x' },
    ])
    expect(after({ op: 'add', path: `${ship}:tags`, value: ['c'] })[ship]).toMatchObject({ tags: ['a', 'b', 'c'] })
    expect(after({ op: 'add', path: `${ship}:tags`, value: 'c' })[ship]).toMatchObject({ tags: ['a', 'b', 'c'] })
  })

  test('"If the target location specifies a single-valued attribute, the existing value is replaced"', () => {
    expect(after({ op: 'add', path: 'title', value: 'Mate' }).title).toBe('Mate')
    expect(after({ op: 'add', path: 'name.givenName', value: 'Ida' }).name).toEqual({
      givenName: 'Ida',
      familyName: 'Quist',
    })
  })

  test('"If the target location already contains the value specified, no changes SHOULD be made to the resource"', () => {
    const same = [
      { op: 'add', path: 'title', value: 'Deckhand' },
      { op: 'add', path: 'name', value: { givenName: 'Nora' } },
      { op: 'add', path: 'emails', value: [{ type: 'home', value: 'n@home.test' }, { value: 'n@old.test' }] },
      { op: 'add', path: 'emails[type eq "work"].value', value: 'n@work.test' },
      { op: 'add', path: 'emails[type eq "work"].primary', value: true },
      { op: 'add', path: `${ship}:tags`, value: ['b', 'a'] },
      { op: 'add', path: `${ship}:berths`, value: [{ side: 'aft', deck: 2 }] },
      { op: 'add', value: { active: true, [enterpriseUserSchema]: { manager: { value: 'm' } } } },
    ]
    for (const operation of same)
      expect(patch([operation]), JSON.stringify(operation)).toEqual({ resource: nora, changed: false })
  })
})

describe('RFC 7644 3.5.2.2 (remove)', () => {
  test('"If "path" is unspecified, the operation fails with HTTP status code 400 and a "scimType" error code of "noTarget""', () => {
    for (const path of [undefined, null, '', ' ']) {
      const operation = path === undefined ? { op: 'remove' } : { op: 'remove', path }
      expect(fault(operation)).toEqual(refused('path-no-target'))
    }
  })

  test('"If the target location is a single-value attribute, the attribute and its associated value is removed"', () => {
    expect(after({ op: 'remove', path: 'title' })).not.toHaveProperty('title')
    expect(after({ op: 'remove', path: 'name.givenName' }).name).toEqual({ familyName: 'Quist' })
    expect(after({ op: 'remove', path: 'name' })).not.toHaveProperty('name')
    expect(
      after({ op: 'remove', path: 'name.givenName' }, { op: 'remove', path: 'name.familyName' }),
    ).not.toHaveProperty('name')
    expect(after({ op: 'remove', path: `${ship}:cabin.no` })[ship]).toMatchObject({ cabin: { key: 'x' } })
  })

  test('"If the target location is a multi-valued attribute and no filter is specified, the attribute and all values are removed"', () => {
    expect(after({ op: 'remove', path: 'emails' })).not.toHaveProperty('emails')
    expect(after({ op: 'remove', path: `${ship}:tags` })[ship]).not.toHaveProperty('tags')
  })

  test('"If the target location is a multi-valued attribute and a complex filter is specified comparing a "value", the values matched by the filter are removed"', () => {
    expect(after({ op: 'remove', path: 'emails[value eq "n@home.test" or value co "old"]' }).emails).toHaveLength(1)
    expect(after({ op: 'remove', path: `${ship}:berths[deck lt 2]` })[ship]).toMatchObject({
      berths: [{ deck: 2, side: 'aft' }],
    })
  })

  test('"If no other values remain after removal of the selected values, the multi-valued attribute SHALL be considered unassigned"', () => {
    expect(after({ op: 'remove', path: 'addresses[type pr]' })).not.toHaveProperty('addresses')
    expect(after({ op: 'remove', path: `${ship}:berths[deck pr]` })[ship]).not.toHaveProperty('berths')
  })

  test('"Sub-attributes whose values have been removed SHALL be considered unassigned"', () => {
    expect(after({ op: 'remove', path: 'addresses[type eq "work"].type' }).addresses).toEqual([
      { locality: 'Ystad' },
      { type: 'home', locality: 'Lund' },
    ])
  })

  test('"If an attribute is removed or becomes unassigned and is defined as a required attribute or a read-only attribute, the server SHALL return [...] a "scimType" error code of "mutability""', () => {
    expect(fault({ op: 'remove', path: 'userName' })).toEqual(refused('attribute-not-removable'))
    expect(fault({ op: 'remove', path: `${coreUserSchema}:USERNAME` })).toEqual(refused('attribute-not-removable'))
    expect(fault({ op: 'remove', path: 'meta' })).toEqual(refused('attribute-read-only'))
  })
})

describe('RFC 7644 3.5.2.3 (replace)', () => {
  test('"If the "path" parameter is omitted, the target is assumed to be the resource itself. In this case, the "value" attribute SHALL contain a list of one or more attributes that are to be replaced"', () => {
    const { title, emails, name } = after({
      op: 'replace',
      value: { title: 'T', emails: [{ value: 'x' }], name: { givenName: 'G' } },
    })
    expect([title, emails]).toEqual(['T', [{ value: 'x' }]])
    expect(name).toEqual({ givenName: 'G', familyName: 'Quist' })
    expect(fault({ op: 'replace', value: ['x'] })).toEqual(refused('value-invalid'))
  })

  test('"If the target location is a single-value attribute, the attributes value is replaced"', () => {
    expect(after({ op: 'replace', path: 'title', value: 'Mate' }).title).toBe('Mate')
  })

  test('"If the target location is a multi-valued attribute and no filter is specified, the attribute and all values are replaced"', () => {
    expect(after({ op: 'replace', path: 'emails', value: [{ value: 'x' }] }).emails).toEqual([{ value: 'x' }])
    expect(after({ op: 'replace', path: `${ship}:tags`, value: ['z'] })[ship]).toMatchObject({ tags: ['z'] })
  })

  test('"If the target location path specifies an attribute that does not exist, the service provider SHALL treat the operation as an "add""', () => {
    expect(after({ op: 'replace', path: 'nickName', value: 'N' }).nickName).toBe('N')
    expect(after({ op: 'replace', path: 'ims', value: [{ value: 'x' }] }).ims).toEqual([{ value: 'x' }])
    expect(
      after({ op: 'replace', path: `${enterpriseUserSchema}:costCenter`, value: '7' })[enterpriseUserSchema],
    ).toMatchObject({ costCenter: '7' })
  })

  test('"If the target location specifies a complex attribute, a set of sub-attributes SHALL be specified in the "value" parameter that replaces any existing values or adds where an attribute did not previously exist"', () => {
    expect(after({ op: 'replace', path: 'name', value: { givenName: 'G', middleName: 'M' } }).name).toEqual({
      givenName: 'G',
      familyName: 'Quist',
      middleName: 'M',
    })
  })

  test('"If the target location is a multi-valued attribute and a value selection ("valuePath") filter is specified that matches one or more values of the multi-valued attribute, then all matching record values SHALL be replaced"', () => {
    expect(after({ op: 'replace', path: 'emails[type ne "work"]', value: { type: 'z', value: 'z' } }).emails).toEqual([
      { type: 'work', value: 'n@work.test', primary: true },
      { type: 'z', value: 'z' },
      { type: 'z', value: 'z' },
    ])
  })

  test('"If the target location is a complex multi-valued attribute with a value selection filter ("valuePath") and a specific sub-attribute (e.g., "addresses[type eq "work"].streetAddress"), the matching sub-attribute of all matching records is replaced"', () => {
    expect(after({ op: 'replace', path: 'addresses[type pr].region', value: 'Skåne' }).addresses).toEqual([
      { type: 'work', locality: 'Ystad', region: 'Skåne' },
      { type: 'home', locality: 'Lund', region: 'Skåne' },
    ])
    expect(after({ op: 'replace', path: `${ship}:berths[side eq "aft"].deck`, value: 3 })[ship]).toMatchObject({
      berths: [
        { deck: 1, side: 'port' },
        { deck: 3, side: 'aft' },
      ],
    })
  })

  test('"no record match was made, the service provider SHALL indicate failure by returning HTTP status code 400 and a "scimType" error code of "noTarget""', () => {
    for (const path of [
      'emails[type eq "fax"]',
      'emails[type eq "fax"].value',
      'ims[type eq "x"].value',
      `${ship}:berths[deck eq 9].side`,
    ]) {
      expect(fault({ op: 'replace', path, value: path.endsWith(']') ? { value: 'x' } : 'x' }), path).toEqual(
        refused('path-no-target'),
      )
    }
  })
})

describe('values of an extension without a schema', () => {
  test('are removed by a list of them, as declared ones are', () => {
    expect(after({ op: 'remove', path: `${ship}:tags`, value: ['a'] })[ship]).toMatchObject({ tags: ['b'] })
    expect(after({ op: 'remove', path: `${ship}:tags`, value: 'a' })[ship]).toMatchObject({ tags: ['b'] })
    expect(after({ op: 'remove', path: `${ship}:berths`, value: [{ deck: 1 }] })[ship]).toMatchObject({
      berths: [{ deck: 2, side: 'aft' }],
    })
  })

  test('are made by an add through a filter that describes one', () => {
    expect(after({ op: 'add', path: `${ship}:keys[kind eq "door"].code`, value: 'K' })[ship]).toMatchObject({
      keys: [{ kind: 'door', code: 'K' }],
    })
  })

  test('keep the spelling that they came with', () => {
    expect(after({ op: 'replace', path: `${ship}:CABIN.No`, value: 5 })[ship]).toMatchObject({
      cabin: { no: 5, key: 'x' },
    })
    expect(after({ op: 'add', path: `${ship}:Tags`, value: ['c'] })[ship]).toMatchObject({ tags: ['a', 'b', 'c'] })
  })

  test('and the extension as a whole, though its URI reads like an attribute', () => {
    const okta = 'urn:okta:harbour_1:1.0:user:custom'
    const before = { ...nora, [okta]: { pier: 4, slip: 1 } }
    const whole = (operation: JsonObject) => patch([{ path: okta, ...operation }], userType, before).resource
    expect(whole({ op: 'remove' })).toEqual(nora)
    expect(whole({ op: 'add', value: { pier: 5 } })[okta]).toEqual({ pier: 5, slip: 1 })
    expect(whole({ op: 'replace', path: `${okta}:pier`, value: 5 })[okta]).toEqual({ pier: 5, slip: 1 })
    expect(before[okta]).toEqual({ pier: 4, slip: 1 })
  })
})
