import { describe, expect, test } from 'vitest'
import { type JsonObject, type JsonValue, parseJson } from './json.ts'
import { readResource } from './resource.ts'
import { coreUserSchema, enterpriseUserSchema, groupType, userType } from './schema.ts'

const create = (body: JsonValue) => readResource(body, userType, 'create')
const stored = (body: JsonObject) => create({ userName: 'nora', ...body }).resource

describe('what a client sends is kept', () => {
  test('texts, numbers of an extension and the order of values exactly', () => {
    const body = {
      userName: ' Zoe\u0308 \r\n<b>&amp; ⛵️ ',
      externalId: '  x ',
      active: false,
      emails: [
        { value: 'b', type: 'z' },
        { value: 'a', type: 'a', primary: true },
      ],
      'urn:acme:Ship:2.0:User': { berth: '', deck: 4.5, crew: [{ a: null }], Constructor: true },
    }
    expect(create(body).resource).toEqual(body)
    expect(Object.keys(create(body).resource)).toEqual(Object.keys(body))
  })

  test('names in the schema’s spelling', () => {
    expect(
      create({
        SCHEMAS: [coreUserSchema],
        UserName: 'nora',
        Emails: [{ Type: 'work', VALUE: 'n@x', Primary: true }],
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:user': { Department: 'Deck', Manager: { Value: 'S' } },
      }).resource,
    ).toEqual({
      userName: 'nora',
      active: true,
      emails: [{ type: 'work', value: 'n@x', primary: true }],
      [enterpriseUserSchema]: { department: 'Deck', manager: { value: 'S' } },
    })
  })

  test('an attribute of an extension that comes by its short or its long name', () => {
    expect(
      stored({ manager: 'm', [`${enterpriseUserSchema}:department`]: 'Deck', 'urn:acme:Ship:2.0:User:berth': 'B' }),
    ).toEqual({
      userName: 'nora',
      active: true,
      [enterpriseUserSchema]: { manager: { value: 'm' }, department: 'Deck' },
      'urn:acme:Ship:2.0:User': { berth: 'B' },
    })
  })
})

test('an object under the URN of an attribute is that attribute, under any other the extension', () => {
  const okta = 'urn:okta:harbour_1:1.0:user:custom'
  expect(stored({ [`${enterpriseUserSchema}:manager`]: { value: 'm' }, [okta]: { pier: 4 } })).toEqual({
    userName: 'nora',
    active: true,
    [enterpriseUserSchema]: { manager: { value: 'm' } },
    [okta]: { pier: 4 },
  })
})

describe('only what clients need is coerced', () => {
  test.each<[JsonObject, JsonObject]>([
    [{ active: 'True' }, { active: true }],
    [{ active: 'false' }, { active: false }],
    [{ roles: [{ value: 'a', primary: 'True' }] }, { active: true, roles: [{ value: 'a', primary: true }] }],
    [{ displayName: [{ $ref: null, value: 'N' }] }, { active: true, displayName: 'N' }],
    [{ displayName: ['N'] }, { active: true, displayName: 'N' }],
    [{ emails: 'n@x' }, { active: true, emails: [{ value: 'n@x' }] }],
    [{ emails: { value: 'n@x' } }, { active: true, emails: [{ value: 'n@x' }] }],
    [
      { manager: [{ $ref: '/Users/m', value: 'm', displayName: 'M' }] },
      { active: true, [enterpriseUserSchema]: { manager: { value: 'm' } } },
    ],
  ])('%j', (body, expected) => {
    expect(stored(body)).toEqual({ userName: 'nora', ...expected })
  })
})

test('nulls, empty texts and empty lists are no values', () => {
  const body = {
    title: null,
    displayName: '',
    roles: [],
    phoneNumbers: [{ value: '' }, null],
    name: {},
    department: null,
  }
  expect(create({ userName: 'nora', ...body, shoe: null })).toMatchObject({
    resource: { userName: 'nora', active: true },
    dropped: [],
  })
})

test('read-only members and the password are ignored, unknown attributes are dropped and named', () => {
  const body = {
    userName: 'nora',
    id: 'chosen',
    meta: { created: '1999' },
    groups: [{ value: 'g' }],
    password: 'Tide-9',
    favouriteKnot: 'bowline',
    $where: 'x',
    'name.givenName': 'N',
    name: { givenName: 'N', nick: 'x' },
    emails: [{ value: 'n@x', verified: true }],
    [enterpriseUserSchema]: { shoe: 44 },
    'urn:ietf:params:scim:schemas:core:2.0:Group': { displayName: 'x' },
  }
  expect(create(body)).toMatchObject({
    resource: { userName: 'nora', active: true, name: { givenName: 'N' }, emails: [{ value: 'n@x' }] },
    dropped: [
      'favouriteKnot',
      '$where',
      'name.givenName',
      'name.nick',
      'emails.verified',
      `${enterpriseUserSchema}:shoe`,
      'urn:ietf:params:scim:schemas:core:2.0:Group',
    ],
  })
})

test('__proto__ is no attribute anywhere', () => {
  const body = JSON.parse(
    '{"userName":"n","__proto__":{"hit":1},"name":{"__proto__":{"hit":1},"givenName":"N"},"urn:a:2.0:User":{"__proto__":{"hit":1},"b":1}}',
  )
  const { resource } = create(body)
  expect(JSON.stringify(resource)).not.toContain('hit')
  expect(Object.getPrototypeOf(resource['urn:a:2.0:User'])).toBe(Object.prototype)
  expect(JSON.stringify(create(parseJson(JSON.stringify(body))).resource)).not.toContain('hit')
})

describe('refused', () => {
  test.each<[JsonValue, string]>([
    [[1, 2], 'body-not-json'],
    ['hello', 'body-not-json'],
    [null, 'body-not-json'],
    [{}, 'attribute-required'],
    [{ userName: '' }, 'attribute-required'],
    [{ userName: '  ' }, 'attribute-required'],
    [{ userName: null }, 'attribute-required'],
    [{ userName: 5 }, 'value-invalid'],
    [{ userName: 'n', active: 'banana' }, 'value-invalid'],
    [{ userName: 'n', active: 1 }, 'value-invalid'],
    [{ userName: 'n', name: 'Nora Quist' }, 'value-invalid'],
    [{ userName: 'n', title: { value: 'x' } }, 'value-invalid'],
    [{ userName: 'n', title: ['a', 'b'] }, 'value-invalid'],
    [{ userName: 'n', emails: [1] }, 'value-invalid'],
    [{ userName: 'n', emails: [[]] }, 'value-invalid'],
    [{ userName: 'n', addresses: ['street'] }, 'value-invalid'],
    [{ userName: 'n', USERNAME: 'm' }, 'value-invalid'],
    [
      {
        userName: 'n',
        emails: [
          { value: 'a', primary: true },
          { value: 'b', primary: true },
        ],
      },
      'value-invalid',
    ],
  ])('%j: %s', (body, code) => {
    expect(() => create(body)).toThrow(expect.objectContaining({ code }))
  })

  test('a PUT without a userName, a group without a name', () => {
    const required = expect.objectContaining({ code: 'attribute-required' })
    expect(() => readResource({ displayName: 'x' }, userType, 'replace')).toThrow(required)
    expect(() => readResource({ members: [] }, groupType, 'create')).toThrow(required)
  })
})

test('active is true on a create that does not say so; a PUT leaves it open', () => {
  expect(create({ userName: 'n' }).resource.active).toBe(true)
  expect(readResource({ userName: 'n' }, userType, 'replace').resource).toEqual({ userName: 'n' })
})

test('a group keeps that its member list was sent empty', () => {
  expect(readResource({ displayName: 'Crew', members: [] }, groupType, 'replace').resource).toEqual({
    displayName: 'Crew',
    members: [],
  })
  expect(readResource({ displayName: 'Crew' }, groupType, 'replace').resource).toEqual({ displayName: 'Crew' })
})

test('reading what was read changes nothing', () => {
  const { resource } = create({
    userName: 'n',
    manager: 'm',
    emails: 'a',
    active: 'False',
    'urn:a:2.0:User': { x: '' },
  })
  expect(create({ schemas: [coreUserSchema], ...resource })).toEqual({ resource, dropped: [], quirks: [] })
})

test.each([
  ['https://scim.example.test/scim/v2/Users/m1', 'm1'],
  ['../Users/m1/', 'm1'],
  ['Users/m1?attributes=id', 'm1'],
  ['https://scim.example.test//', undefined],
])('a manager that is only the address %s is the user at its end', (address, value) => {
  const body = { userName: 'n', [enterpriseUserSchema]: { manager: { $ref: address } } }
  const { resource } = readResource(body, userType, 'create')
  expect(resource[enterpriseUserSchema]).toEqual(value === undefined ? undefined : { manager: { value } })
})
