import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ScimError } from './errors.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { applyPatch, parsePatch } from './patch.ts'
import { coreUserSchema, enterpriseUserSchema, groupType, userType } from './schema.ts'

const ship = 'urn:acme:Ship:2.0:User'
const nora = {
  externalId: 'e1',
  userName: 'nora@harbour.test',
  active: true,
  displayName: 'Nora Quist',
  name: { givenName: 'Nora', familyName: 'Quist', middleName: 'Ida' },
  title: 'Deckhand',
  emails: [{ type: 'work', value: 'nora@harbour.test', primary: true }],
  phoneNumbers: [
    { type: 'work', value: '1' },
    { type: 'mobile', value: '2' },
  ],
  [enterpriseUserSchema]: { department: 'Deck', costCenter: '7' },
  [ship]: { berth: 'B-12' },
}

function patch(operations: JsonValue, before: JsonObject = nora) {
  const parsed = parsePatch({ schemas: ['x'], Operations: operations }, userType)
  // Operations travel as JSON between reading and applying.
  return applyPatch(before, JSON.parse(JSON.stringify(parsed.operations)), userType)
}
const after = (operation: JsonObject, before: JsonObject = nora) => patch([operation], before).resource

describe('the dialects of clients', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['capitalised operation', { op: 'Replace', path: 'displayName', value: 'N' }, { displayName: 'N' }],
    ['Add of a text', { op: 'Add', path: 'nickName', value: 'Nono' }, { nickName: 'Nono' }],
    ['names of members in any case', { OP: 'replace', Path: 'TITLE', Value: 'T' }, { title: 'T' }],
    ['unknown members', { op: 'replace', path: 'title', value: 'T', name: 'x', id: 'y' }, { title: 'T' }],
    ['"False"', { op: 'Replace', path: 'active', value: 'False' }, { active: false }],
    ['a boolean without a path', { op: 'replace', value: { active: false } }, { active: false }],
    ['a text without a path', { op: 'Replace', value: { active: 'False' } }, { active: false }],
    [
      'a scalar in a list of a value',
      { op: 'Replace', path: 'displayName', value: [{ $ref: null, value: 'N' }] },
      { displayName: 'N' },
    ],
    [
      'dotted and URN keys without a path',
      { op: 'replace', value: { 'name.givenName': 'G', [`${enterpriseUserSchema}:department`]: 'D', title: 'T' } },
      {
        title: 'T',
        name: { ...nora.name, givenName: 'G' },
        [enterpriseUserSchema]: { department: 'D', costCenter: '7' },
      },
    ],
    [
      'nested objects without a path, merged',
      { op: 'replace', value: { name: { givenName: 'G' }, [enterpriseUserSchema]: { department: 'D' } } },
      { name: { ...nora.name, givenName: 'G' }, [enterpriseUserSchema]: { department: 'D', costCenter: '7' } },
    ],
    [
      'an object under the URN of its attribute, without a path',
      { op: 'replace', value: { [`${enterpriseUserSchema}:manager`]: { value: 'm' } } },
      { [enterpriseUserSchema]: { department: 'Deck', costCenter: '7', manager: { value: 'm' } } },
    ],
    [
      'a filtered key without a path',
      { op: 'replace', value: { 'emails[type eq "work"].value': 'x' } },
      { emails: [{ type: 'work', value: 'x', primary: true }] },
    ],
    [
      'the core URN on a filtered path',
      { op: 'Replace', path: `${coreUserSchema}:emails[type eq "work"].Value`, value: 'x' },
      { emails: [{ type: 'work', value: 'x', primary: true }] },
    ],
    [
      'the core URN as a key without a path',
      { op: 'replace', value: { [coreUserSchema]: { title: 'T' } } },
      { title: 'T' },
    ],
    [
      'an extension as a path',
      { op: 'add', path: enterpriseUserSchema.toUpperCase(), value: { Department: 'D' } },
      { [enterpriseUserSchema]: { department: 'D', costCenter: '7' } },
    ],
    [
      'read-only members without a path',
      { op: 'replace', value: { id: 'x', meta: {}, schemas: [], groups: [{ value: 'g' }], title: 'T' } },
      { title: 'T' },
    ],
    [
      'an extension of any name, in any case',
      { op: 'Add', path: 'urn:ACME:ship:2.0:user:BERTH', value: 'C-1' },
      { [ship]: { berth: 'C-1' } },
    ],
    [
      'an extension that is not there yet',
      { op: 'add', path: 'urn:acme:Dock:2.0:User:pier', value: 4 },
      { 'urn:acme:Dock:2.0:User': { pier: 4 } },
    ],
  ])('%s', (_, operation, expected) => {
    expect(after(operation)).toEqual({ ...nora, ...expected })
  })

  test.each<[string, JsonObject]>([
    ['an object', { path: `${enterpriseUserSchema}:manager`, value: { value: 'm', displayName: 'M' } }],
    ['a text', { path: `${enterpriseUserSchema}:manager`, value: 'm' }],
    ['a list with $ref', { path: `${enterpriseUserSchema}:manager`, value: [{ $ref: 'x', value: 'm' }] }],
    ['a short path', { path: 'manager', value: 'm' }],
    ['a path down to its value', { path: `${enterpriseUserSchema}:manager.value`, value: 'm' }],
    ['no path', { value: { manager: 'm' } }],
    ['no path and the extension', { value: { [enterpriseUserSchema]: { Manager: { Value: 'm' } } } }],
  ])('a manager as %s', (_, operation) => {
    const expected = { ...nora[enterpriseUserSchema], manager: { value: 'm' } }
    expect(after({ op: 'Add', ...operation })[enterpriseUserSchema]).toEqual(expected)
    expect(after({ op: 'Replace', ...operation })[enterpriseUserSchema]).toEqual(expected)
  })

  test.each<[JsonObject]>([
    [{ op: 'remove', path: `${enterpriseUserSchema}:manager` }],
    [{ op: 'replace', path: `${enterpriseUserSchema}:manager`, value: '' }],
    [{ op: 'replace', path: 'manager', value: null }],
    [{ op: 'replace', path: 'manager', value: { value: '' } }],
    [{ op: 'replace', path: 'manager.value', value: '' }],
    [{ op: 'replace', value: { [`${enterpriseUserSchema}:manager`]: null } }],
  ])('a manager is cleared by %j, the rest of the extension stays', (operation) => {
    const before = { ...nora, [enterpriseUserSchema]: { ...nora[enterpriseUserSchema], manager: { value: 'm' } } }
    expect(after(operation, before)).toEqual(nora)
  })

  test('two filtered Adds make one new value', () => {
    const { resource } = patch([
      { op: 'Add', path: 'addresses[type eq "work"].locality', value: 'Ystad' },
      { op: 'Add', path: 'addresses[type eq "work"].country', value: 'SE' },
    ])
    expect(resource.addresses).toEqual([{ type: 'work', locality: 'Ystad', country: 'SE' }])
  })

  test('roles through primary eq "True"', () => {
    const { resource } = patch([
      { op: 'Add', path: 'roles[primary eq "True"].value', value: 'helm' },
      { op: 'Add', path: 'roles[primary eq "True"].display', value: 'Helm' },
      { op: 'Replace', path: 'roles[primary eq "True"].value', value: 'mate' },
    ])
    expect(resource.roles).toEqual([{ primary: true, value: 'mate', display: 'Helm' }])
  })

  test('unknown attributes are dropped and named, with a path or without', () => {
    const { operations, dropped } = parsePatch(
      {
        Operations: [
          { op: 'add', path: 'shoeSize', value: '44' },
          { op: 'add', path: '__proto__.polluted', value: 'yes' },
          { op: 'replace', value: { _id: 'x', 'a b': 1, [`${enterpriseUserSchema}:shoe`]: 1 } },
          { op: 'add', path: 'emails', value: [{ value: 'x', verified: true }] },
          { op: 'replace', path: 'name', value: { nick: 'x' } },
        ],
      },
      userType,
    )
    expect(operations).toEqual([{ op: 'add', path: 'emails', value: [{ value: 'x' }] }])
    expect(dropped).toEqual([
      'shoeSize',
      '__proto__.polluted',
      '_id',
      'a b',
      `${enterpriseUserSchema}:shoe`,
      'emails.verified',
      'name.nick',
    ])
  })

  test('a password goes no further, however it is sent', () => {
    const operations = [
      { op: 'replace', path: 'password', value: 'Tide-9' },
      { op: 'replace', value: { password: 'Tide-9' } },
      { op: 'replace', value: { [`${coreUserSchema}:password`]: 'Tide-9' } },
      { op: 'remove', path: 'password', value: 'Tide-9' },
    ]
    expect(parsePatch({ Operations: operations }, userType)).toMatchObject({ operations: [], dropped: [] })
  })
})

describe('clearing', () => {
  const cleared = { op: 'replace' }
  test.each(['', null])('%j clears what is optional and minds nothing that is not there', (value) => {
    const paths = [
      'title',
      'nickName',
      'name.middleName',
      'addresses[type eq "x"].locality',
      `${enterpriseUserSchema}:department`,
      `${ship}:berth`,
    ]
    const { resource } = patch([
      ...paths.map((path) => ({ ...cleared, path, value })),
      { op: 'replace', value: { displayName: value, 'name.givenName': value, name: { familyName: value } } },
      { ...cleared, path: 'emails[type eq "work"].value', value },
    ])
    expect(resource).toEqual({
      externalId: 'e1',
      userName: 'nora@harbour.test',
      active: true,
      emails: [{ type: 'work', primary: true }],
      phoneNumbers: nora.phoneNumbers,
      [enterpriseUserSchema]: { costCenter: '7' },
    })
  })

  test('an element with nothing left goes, a list with no element goes', () => {
    const before = { userName: 'n', emails: [{ value: 'x' }], phoneNumbers: [] }
    expect(after({ op: 'remove', path: 'emails[value eq "x"].value' }, before)).toEqual({
      userName: 'n',
      phoneNumbers: [],
    })
    expect(after({ op: 'replace', path: 'emails', value: [] }, before)).toEqual({ userName: 'n', phoneNumbers: [] })
  })
})

describe('remove', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['an attribute', { path: 'title' }, { title: undefined as never }],
    ['what is not there', { path: 'nickName' }, {}],
    [
      'one filtered value',
      { path: 'phoneNumbers[type eq "work"]' },
      { phoneNumbers: [{ type: 'mobile', value: '2' }] },
    ],
    ['no filtered value', { path: 'phoneNumbers[type eq "fax"]' }, {}],
    ['a part of all values', { path: 'phoneNumbers.type' }, { phoneNumbers: [{ value: '1' }, { value: '2' }] }],
    [
      'the values given',
      { path: 'phoneNumbers', value: [{ $ref: null, value: '1' }] },
      { phoneNumbers: [{ type: 'mobile', value: '2' }] },
    ],
    ['none of no values', { path: 'phoneNumbers', value: [] }, {}],
    ['all values', { path: 'phoneNumbers' }, { phoneNumbers: undefined as never }],
    ['an extension', { path: ship }, { [ship]: undefined as never }],
  ])('%s', (_, operation, expected) => {
    expect(after({ op: 'Remove', ...operation })).toEqual(JSON.parse(JSON.stringify({ ...nora, ...expected })))
  })
})

describe('many values', () => {
  const emails = (operation: JsonObject, before: JsonValue[] = nora.emails) =>
    after(operation, { ...nora, emails: before }).emails

  test('an identical value is not added twice, a new one is added at the end', () => {
    expect(emails({ op: 'add', path: 'emails', value: nora.emails })).toEqual(nora.emails)
    expect(emails({ op: 'add', path: 'emails', value: [{ value: 'b' }, { value: 'b' }] })).toEqual([
      ...nora.emails,
      { value: 'b' },
    ])
  })

  test('a new primary takes it from the others', () => {
    const moved = [
      { type: 'work', value: 'nora@harbour.test', primary: false },
      { type: 'home', value: 'h', primary: true },
    ]
    expect(emails({ op: 'add', path: 'emails', value: [{ type: 'home', value: 'h', primary: true }] })).toEqual(moved)
    const before = [...nora.emails, { type: 'home', value: 'h' }]
    expect(emails({ op: 'replace', path: 'emails[type eq "home"].primary', value: 'True' }, before)).toEqual(moved)
    expect(emails({ op: 'add', path: 'emails', value: [{ value: 'h', primary: true }] }, before)).toEqual(moved)
  })

  test('replace without a filter replaces the list', () => {
    expect(emails({ op: 'replace', path: 'emails', value: [{ value: 'x' }] })).toEqual([{ value: 'x' }])
  })

  test('replace of a filtered value replaces it whole, or its value by a bare text', () => {
    expect(emails({ op: 'replace', path: 'emails[type eq "work"]', value: { type: 'x', value: 'y' } })).toEqual([
      { type: 'x', value: 'y' },
    ])
    expect(emails({ op: 'replace', path: 'emails[type eq "work"]', value: 'y' })).toEqual([
      { type: 'work', value: 'y', primary: true },
    ])
  })

  test('add to a filtered value merges', () => {
    expect(emails({ op: 'add', path: 'emails[type eq "work"]', value: { display: 'd' } })).toEqual([
      { ...nora.emails[0], display: 'd' },
    ])
    expect(emails({ op: 'add', path: 'emails[type eq "home"]', value: 'h' })).toEqual([
      ...nora.emails,
      { type: 'home', value: 'h' },
    ])
  })

  test('a part without a filter is that of the only value, or of the primary one', () => {
    expect(emails({ op: 'replace', path: 'emails.value', value: 'x' })).toEqual([{ ...nora.emails[0], value: 'x' }])
    expect(emails({ op: 'add', path: 'emails.value', value: 'x' }, [])).toEqual([{ value: 'x' }])
    expect(
      emails({ op: 'replace', path: 'emails.value', value: 'x' }, [{ value: 'a' }, { value: 'b', primary: true }]),
    ).toEqual([{ value: 'a' }, { value: 'x', primary: true }])
  })
})

describe('refused', () => {
  test.each<[string, JsonValue, string]>([
    ['no op', { path: 'title', value: 'x' }, 'value-invalid'],
    ['another op', { op: 'move', path: 'title', value: 'x' }, 'value-invalid'],
    ['no value', { op: 'add', path: 'title' }, 'value-invalid'],
    ['null for an operation', null, 'value-invalid'],
    ['a path that is no text', { op: 'add', path: {}, value: 'x' }, 'value-invalid'],
    ['a bare value without a path', { op: 'replace', value: 'x' }, 'value-invalid'],
    ['a word for a boolean', { op: 'replace', path: 'active', value: 'maybe' }, 'value-invalid'],
    [
      'two primaries',
      {
        op: 'add',
        path: 'emails',
        value: [
          { value: 'a', primary: true },
          { value: 'b', primary: true },
        ],
      },
      'value-invalid',
    ],
    [
      'two made primary by one filter',
      { op: 'replace', path: 'phoneNumbers[value pr].primary', value: true },
      'value-invalid',
    ],
    ['remove without a path', { op: 'remove' }, 'path-no-target'],
    [
      'replace of a value that is not there',
      { op: 'replace', path: 'emails[type eq "pager"].value', value: 'x' },
      'path-no-target',
    ],
    [
      'add through a filter that describes nothing',
      { op: 'add', path: 'emails[type ne "work"].value', value: 'x' },
      'path-no-target',
    ],
    ['a part of which of many', { op: 'replace', path: 'phoneNumbers.value', value: 'x' }, 'path-no-target'],
    ['groups', { op: 'add', path: 'groups', value: [{ value: 'x' }] }, 'attribute-read-only'],
    ['id', { op: 'replace', path: 'id', value: 'x' }, 'attribute-read-only'],
    ['meta.created', { op: 'replace', path: 'meta.created', value: 'x' }, 'attribute-read-only'],
    ['remove of userName', { op: 'remove', path: 'userName' }, 'attribute-not-removable'],
    ['userName null', { op: 'replace', path: 'userName', value: null }, 'attribute-required'],
    ['userName empty', { op: 'replace', value: { userName: '' } }, 'attribute-required'],
    ['userName blank', { op: 'replace', path: 'userName', value: ' ' }, 'attribute-required'],
    ['active cleared', { op: 'replace', path: 'active', value: '' }, 'attribute-required'],
    ['a malformed path', { op: 'replace', path: 'emails[type eq "work"', value: 'x' }, 'path-invalid'],
    ['a malformed filtered key', { op: 'replace', value: { 'emails[type xx "work"].value': 'x' } }, 'path-invalid'],
  ])('%s: %s', (_, operation, code) => {
    expect(() => patch([{ op: 'replace', path: 'title', value: 'T' }, operation])).toThrow(
      expect.objectContaining({ code }),
    )
  })

  test.each<[JsonValue, string]>([
    [[], 'body-not-json'],
    [{}, 'value-invalid'],
    [{ Operations: { op: 'replace', path: 'title', value: 'x' } }, 'value-invalid'],
  ])('the body %j: %s', (body, code) => {
    expect(() => parsePatch(body, userType)).toThrow(expect.objectContaining({ code }))
  })
})

test('a PATCH is done whole or not at all, and never touches the resource it was given', () => {
  const before = structuredClone(nora)
  expect(() =>
    patch([
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'x' },
      { op: 'replace', path: 'emails[type eq "fax"].value', value: 'x' },
    ]),
  ).toThrow(ScimError)
  patch([{ op: 'replace', path: 'emails[type eq "work"].value', value: 'x' }])
  expect(nora).toEqual(before)
})

test('whether anything changed is told', () => {
  expect(patch([{ op: 'Replace', path: 'title', value: 'Deckhand' }]).changed).toBe(false)
  expect(patch([{ op: 'Remove', path: 'nickName' }]).changed).toBe(false)
  expect(patch([{ op: 'Replace', path: 'title', value: 'deckhand' }]).changed).toBe(true)
})

test('operations in lower case, and the last of several on one attribute wins', () => {
  const { operations } = parsePatch(
    {
      operations: [
        { op: 'replace', path: 'title', value: 'One' },
        { op: 'replace', path: 'title', value: 'Two' },
      ],
    },
    userType,
  )
  expect(applyPatch(nora, operations, userType).resource.title).toBe('Two')
})

describe('what one request can cost is bounded', () => {
  const adds = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ op: 'Add', path: 'emails', value: [{ value: `e${n}` }] }))

  test('more operations or more values are refused', () => {
    const refused = expect.objectContaining({ code: 'value-invalid' })
    expect(() => patch(adds(1000))).toThrow(refused)
    expect(() => patch([{ op: 'replace', path: 'emails', value: adds(1001).flatMap((item) => item.value) }])).toThrow(
      refused,
    )
    expect(() => patch(adds(2001).map((item) => ({ ...item, path: 'title', value: 'x' })))).toThrow(refused)
  })

  test('but for the members of a group', () => {
    const operations = Array.from({ length: 3_000 }, (_, n) => ({ op: 'remove', path: `members[value eq "${n}"]` }))
    const members = Array.from({ length: 3_000 }, (_, n) => ({ value: `u${n}` }))
    const body = { Operations: [...operations, { op: 'add', path: 'members', value: members }] }
    expect(parsePatch(body, groupType).operations).toHaveLength(3_001)
  })
})

test('whatever a client sends, the answer is a resource or a ScimError, and no prototype changes', () => {
  const names = fc.constantFrom(
    'title',
    'emails',
    'name',
    'manager',
    '__proto__',
    'constructor',
    'emails[type eq "w"].value',
    `${ship}:x`,
    'active',
    '',
  )
  const operation = fc.record(
    { op: fc.constantFrom('add', 'Replace', 'remove'), path: names, value: fc.jsonValue({ maxDepth: 3 }) },
    { requiredKeys: ['op'] },
  )
  const keyed = fc.record({
    op: fc.constantFrom('add', 'replace'),
    value: fc.dictionary(names, fc.jsonValue({ maxDepth: 2 })),
  })
  fc.assert(
    fc.property(fc.array(fc.oneof(operation, keyed), { maxLength: 4 }), (operations) => {
      try {
        const { resource } = patch(operations as JsonValue)
        // What was stored is read again as it is.
        expect(patch([{ op: 'replace', value: resource }], resource).resource).toEqual(resource)
      } catch (err) {
        expect(err).toBeInstanceOf(ScimError)
      }
      expect(Object.keys(Object.prototype)).toEqual([])
    }),
    { numRuns: 200 },
  )
})

test('a group is renamed with its id in the value', () => {
  const { operations } = parsePatch(
    { Operations: [{ op: 'replace', value: { id: 'g', displayName: 'Crew' } }] },
    groupType,
  )
  expect(operations).toEqual([{ op: 'replace', path: 'displayName', value: 'Crew' }])
})

describe('the sentence of a refusal says what and why', () => {
  const sentence = (read: () => unknown) => {
    try {
      read()
    } catch (err) {
      return (err as Error).message
    }
    return 'not refused'
  }

  test.each<[JsonValue, string]>([
    [[], 'The body is not a JSON object that can be read: it is not an object.'],
    [{ '': [] }, 'Operations: null is not a list of operations.'],
    [{ Operations: {} }, 'Operations: an object is not a list of operations.'],
    [{ Operations: ['x'] }, 'Operations: x is not a list of operations.'],
  ])('%j', (body, expected) => {
    expect(sentence(() => parsePatch(body, userType))).toBe(expected)
  })

  test.each<[JsonObject, string]>([
    [{ path: 'title', value: 'x' }, 'op: null is not add, replace or remove.'],
    [{ op: 'Move', path: 'title', value: 'x' }, 'op: Move is not add, replace or remove.'],
    [{ op: 5 }, 'op: 5 is not add, replace or remove.'],
    [{ op: 'add', path: { a: 1 }, value: 'x' }, 'path: an object is not a text.'],
    [{ op: 'add', path: 'title' }, 'value: nothing is not something to add.'],
    [{ op: 'replace', path: null }, 'value: nothing is not something to replace.'],
    [{ op: 'remove' }, 'There is no value that the path (none) chooses.'],
    [{ op: 'add', value: 'x' }, 'value: x is not an object of attributes, as there is no path.'],
    [{ op: 'add', value: null }, 'value: null is not an object of attributes, as there is no path.'],
    [{ op: 'add', path: ship, value: 'x' }, `${ship}: x is not an object.`],
    [{ op: 'add', path: ship, value: [] }, `${ship}: a list is not an object.`],
    [{ op: 'add', value: { [ship]: 'x' } }, `${ship}: x is not an object.`],
    [{ op: 'add', path: 'meta.created', value: 'x' }, 'meta.created cannot be changed.'],
    [{ op: 'remove', path: 'active' }, 'active is required and cannot be removed.'],
    [{ op: 'add', path: 'username', value: '' }, 'userName is required.'],
    [{ op: 'add', path: 'userName', value: '\t' }, 'userName is required.'],
    [
      { op: 'replace', path: 'emails[type eq "fax"]', value: 'x' },
      'There is no value that the path emails[type eq "fax"] chooses.',
    ],
    [
      { op: 'replace', path: 'phoneNumbers.value', value: 'x' },
      'There is no value that the path phoneNumbers.value chooses.',
    ],
    [
      { op: 'replace', path: 'emails[type eq "work"', value: 'x' },
      'The path emails[type eq "work" is wrong at position 22: a closing bracket is missing.',
    ],
    [{ op: 'replace', path: 'title.', value: 'x' }, 'not refused'],
  ])('%j', (operation, expected) => {
    expect(sentence(() => patch([operation]))).toBe(expected)
  })

  test('of too many operations and too long filters, one fewer is done', () => {
    const many = (count: number) => ({ Operations: Array(count).fill({ op: 'remove', path: 'ims' }) })
    expect(sentence(() => parsePatch(many(2000), userType))).toBe('not refused')
    expect(sentence(() => parsePatch(many(2001), userType))).toBe(
      'Operations: a list of 2001 is not a list of at most 2000.',
    )
    const path = (length: number) => `ims[value eq "${'x'.repeat(length - 16)}"]`
    const long = (last: number) => ({
      Operations: [...Array(99).fill(1000), last]
        .map((length) => ({ op: 'remove', path: path(length) }))
        .concat({ op: 'remove', path: 'title' }),
    })
    expect(path(1000)).toHaveLength(1000)
    expect(sentence(() => parsePatch(long(1000), userType))).toBe('not refused')
    expect(sentence(() => parsePatch(long(1001), userType))).toBe(
      'Operations: 100001 characters of filters in paths is not at most 100000 of them.',
    )
  })

  test('what a member is cannot be changed, but be said of a new one', () => {
    const member = (op: string) => () =>
      parsePatch({ Operations: [{ op, path: 'members[value eq "a"].type', value: 'Group' }] }, groupType)
    expect(sentence(member('replace'))).toBe('members.type cannot be changed.')
    expect(sentence(member('remove'))).toBe('members.type cannot be changed.')
    expect(sentence(member('add'))).toBe('not refused')
  })
})

describe('operations are read to one dialect', () => {
  test.each<[JsonObject, JsonValue[]]>([
    [{ op: 'Remove', path: ship.toUpperCase() }, [{ op: 'remove', path: ship.toUpperCase() }]],
    [{ op: 'Replace', path: ship, value: '' }, [{ op: 'replace', path: ship, value: null }]],
    [{ op: 'add', path: ship, value: null }, [{ op: 'add', path: ship, value: null }]],
    [{ op: 'add', path: ship, value: { a: 1, 'b c': 2 } }, [{ op: 'add', path: `${ship}:a`, value: 1 }]],
    [{ op: 'remove', path: 'emails', value: [] }, [{ op: 'remove', path: 'emails', value: [] }]],
    [{ op: 'remove', path: 'emails', value: [{ value: '' }] }, [{ op: 'remove', path: 'emails', value: [] }]],
    [{ op: 'remove', path: 'emails', value: null }, [{ op: 'remove', path: 'emails' }]],
    [{ op: 'remove', path: 'emails', value: 'x' }, [{ op: 'remove', path: 'emails', value: [{ value: 'x' }] }]],
    [
      { op: 'remove', path: 'Emails[Type eq "x"]', value: [{ value: 'y' }] },
      [{ op: 'remove', path: 'emails[type eq "x"]' }],
    ],
    [{ op: 'remove', path: 'emails.value', value: 'x' }, [{ op: 'remove', path: 'emails.value' }]],
    [{ op: 'remove', path: 'title', value: 'x' }, [{ op: 'remove', path: 'title' }]],
    [{ op: 'remove', path: `${ship}:a.b`, value: 'x' }, [{ op: 'remove', path: `${ship}:a.b` }]],
    [{ op: 'remove', path: `${ship}:a`, value: ['x'] }, [{ op: 'remove', path: `${ship}:a`, value: ['x'] }]],
    [{ op: 'add', path: 'schemas', value: [ship] }, []],
    [
      { op: 'add', path: 'name', value: [{ GivenName: 'N', shoe: 4, 'a b': 1 }] },
      [{ op: 'add', path: 'name.givenName', value: 'N' }],
    ],
    [{ op: 'add', path: 'name', value: '' }, [{ op: 'add', path: 'name', value: null }]],
    [
      { op: 'add', path: 'emails[type eq "x"]', value: [{ value: 'v', shoe: 1 }] },
      [{ op: 'add', path: 'emails[type eq "x"]', value: { value: 'v' } }],
    ],
    [
      { op: 'replace', path: 'emails[type eq "x"]', value: [] },
      [{ op: 'replace', path: 'emails[type eq "x"]', value: null }],
    ],
    [{ op: 'add', path: 'emails.primary', value: 'TRUE' }, [{ op: 'add', path: 'emails.primary', value: true }]],
    [
      { op: 'add', value: { [coreUserSchema.toUpperCase()]: { [ship]: { a: 1 } } } },
      [{ op: 'add', path: `${ship}:a`, value: 1 }],
    ],
  ])('%j', (operation, expected) => {
    const { operations } = parsePatch({ Operations: [operation] }, userType)
    expect(operations).toEqual(expected)
    // What was read is read again as it is.
    expect(parsePatch({ Operations: operations as never }, userType).operations).toEqual(operations)
  })
})

describe('a value that comes or goes', () => {
  test('is taken from what it was stored in, and leaves nothing empty behind', () => {
    const before = {
      userName: 'n',
      [enterpriseUserSchema]: { manager: { value: 'm' } },
      [ship]: { a: { b: 1 } },
      emails: 'odd' as JsonValue,
    }
    expect(after({ op: 'remove', path: 'manager.value' }, before)).not.toHaveProperty([enterpriseUserSchema])
    expect(after({ op: 'remove', path: `${ship}:A.B` }, before)).not.toHaveProperty([ship])
    expect(after({ op: 'remove', path: 'urn:acme:None:2.0:User:a' }, before)).toEqual(before)
    expect(after({ op: 'remove', path: 'urn:acme:None:2.0:User' }, before)).toEqual(before)
    expect(after({ op: 'add', path: 'emails', value: [{ value: 'x' }] }, before).emails).toEqual([{ value: 'x' }])
  })

  test('a value with another part differing is another value; only primary is no difference', () => {
    const before = { userName: 'n', emails: [{ type: 'a', value: 'x' }] }
    const add = (value: JsonObject) => after({ op: 'add', path: 'emails', value: [value] }, before).emails
    expect(add({ type: 'b', value: 'x' })).toHaveLength(2)
    expect(add({ type: 'a', value: 'x', primary: true })).toEqual([{ type: 'a', value: 'x', primary: true }])
    expect(add({ primary: true })).toHaveLength(2)
  })

  test('an add through a filter of several parts makes a value of all of them', () => {
    const add = (path: string) => after({ op: 'add', path, value: 'x' }, { userName: 'n' }).emails
    expect(add('emails[type eq "a" and primary eq true].value')).toEqual([{ type: 'a', primary: true, value: 'x' }])
    for (const path of [
      'emails[type eq "a" and display pr].value',
      'emails[type eq "a" or type eq "b"].value',
      'emails[type sw "a"].value',
    ]) {
      expect(() => add(path)).toThrow(expect.objectContaining({ code: 'path-no-target' }))
    }
  })

  test('a part without a filter is never that of one of several, none of them primary', () => {
    const emails = [{ value: 'a', primary: false }, { value: 'b' }]
    expect(() => after({ op: 'add', path: 'emails.type', value: 'x' }, { userName: 'n', emails })).toThrow(ScimError)
    expect(after({ op: 'remove', path: 'emails.primary' }, { userName: 'n', emails }).emails).toEqual([
      { value: 'a' },
      { value: 'b' },
    ])
  })
})
