import { describe, expect, test } from 'vitest'
import { isReturned, project } from './projection.ts'
import { coreUserSchema, enterpriseUserSchema, groupType, userType } from './schema.ts'

const ship = 'urn:acme:Ship:2.0:User'
const nora = {
  schemas: [coreUserSchema],
  id: '1',
  externalId: 'e',
  userName: 'nora',
  password: 'Tide-9',
  name: { givenName: 'N', familyName: 'Q' },
  emails: [{ value: 'a', type: 'work' }, { type: 'home' }],
  [enterpriseUserSchema]: { department: 'Deck', manager: { value: 'm' } },
  [ship]: { berth: 'B' },
  meta: { created: 'c', location: 'l' },
}
const always = { schemas: [coreUserSchema], id: '1' }
const { password: _, ...everything } = nora

describe('attributes', () => {
  test.each<[string[], object]>([
    [['userName'], { userName: 'nora' }],
    [['USERNAME', ' externalId'], { userName: 'nora', externalId: 'e' }],
    [['name.givenName'], { name: { givenName: 'N' } }],
    [['name.givenName', 'name.familyName'], { name: nora.name }],
    [['name.givenName', 'name'], { name: nora.name }],
    [['emails.value'], { emails: [{ value: 'a' }] }],
    [['password', 'shoeSize', '__proto__'], {}],
    [[enterpriseUserSchema.toLowerCase()], { [enterpriseUserSchema]: nora[enterpriseUserSchema] }],
    [[`${enterpriseUserSchema}:department`], { [enterpriseUserSchema]: { department: 'Deck' } }],
    [['manager'], { [enterpriseUserSchema]: { manager: { value: 'm' } } }],
    [[ship], { [ship]: { berth: 'B' } }],
    [[`${ship}:berth`], { [ship]: { berth: 'B' } }],
    [['meta.created'], { meta: { created: 'c' } }],
    [[`${coreUserSchema}:userName`], { userName: 'nora' }],
  ])('%j', (attributes, expected) => {
    expect(project(nora, userType, { attributes })).toEqual({ ...always, ...expected })
  })

  test('none asked for is all, but never the password', () => {
    expect(project(nora, userType, {})).toEqual(everything)
    expect(project(nora, userType, { attributes: [] })).toEqual(everything)
    const ofCore = project(nora, userType, { attributes: [coreUserSchema] })
    expect(ofCore).toEqual({ ...always, userName: 'nora', name: nora.name, emails: nora.emails })
  })
})

describe('excludedAttributes', () => {
  test.each<[string[], string[]]>([
    [['emails'], ['emails']],
    [['id', 'schemas', 'Meta'], ['meta']],
    [[enterpriseUserSchema], [enterpriseUserSchema]],
    [['shoeSize'], []],
  ])('%j', (excludedAttributes, gone) => {
    const expected = Object.fromEntries(Object.entries(everything).filter(([name]) => !gone.includes(name)))
    expect(project(nora, userType, { excludedAttributes })).toEqual(expected)
  })

  test('parts', () => {
    const excludedAttributes = ['name.givenName', `${enterpriseUserSchema}:department`, 'emails.value', 'emails.type']
    const { emails, ...rest } = everything
    expect(project(nora, userType, { excludedAttributes })).toEqual({
      ...rest,
      name: { familyName: 'Q' },
      [enterpriseUserSchema]: { manager: { value: 'm' } },
    })
  })
})

test('whether members need be read at all', () => {
  const members = (projection: object) => isReturned('members', groupType, projection)
  expect(members({})).toBe(true)
  expect(members({ excludedAttributes: ['Members'] })).toBe(false)
  expect(members({ excludedAttributes: ['members.display'] })).toBe(true)
  expect(members({ attributes: ['id'] })).toBe(false)
  expect(members({ attributes: ['members.value'] })).toBe(true)
  expect(isReturned('groups', userType, { attributes: ['userName'] })).toBe(false)
})
