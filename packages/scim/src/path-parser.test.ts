import { describe, expect, test } from 'vitest'
import { parsePath, printPath } from './path-parser.ts'
import { enterpriseUserSchema, groupType, userType } from './schema.ts'

describe('a path is read as', () => {
  test.each([
    ['displayName', 'displayName'],
    [' DISPLAYNAME ', 'displayName'],
    ['name.GivenName', 'name.givenName'],
    ['emails[type eq "work"].Value', 'emails[type eq "work"].value'],
    ['emails[TYPE EQ "work" and not (primary pr)]', 'emails[type eq "work" and not (primary pr)]'],
    ['roles[primary eq "True"].value', 'roles[primary eq true].value'],
    ['urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "work"].value', 'emails[type eq "work"].value'],
    ['URN:ietf:params:scim:schemas:extension:enterprise:2.0:user:Department', `${enterpriseUserSchema}:department`],
    [enterpriseUserSchema.toLowerCase(), enterpriseUserSchema],
    ['manager', `${enterpriseUserSchema}:manager`],
    ['urn:acme:Ship:2.0:User', 'urn:acme:Ship:2.0:User'],
    ['urn:acme:Ship:2.0:User:berth.row', 'urn:acme:Ship:2.0:User:berth.row'],
    ['$ref', '$ref'],
  ])('%s', (text, printed) => {
    const path = parsePath(text, userType)
    expect(printPath(path)).toBe(printed)
    expect(parsePath(printed, userType)).toEqual(path)
  })
})

test.each(['shoeSize', '__proto__.polluted', 'emails[type eq "work"].__proto__', 'name.nick', 'constructor'])(
  '%s leads to no attribute',
  (text) => {
    expect(parsePath(text, userType).kind).toBe('unknown')
  },
)

describe('malformed paths are refused with the place where they are wrong', () => {
  test.each([
    ['', 1],
    ['emails[type eq "work"', 22],
    ['emails[type xx "work"].value', 13],
    ['emails[type[a eq "b"] eq "c"]', 12],
    ['emails[]', 8],
    ['emails[type eq "work"].value.x', 29],
    ['emails[type eq "work"] value', 24],
    ['displayName[value eq "x"]', 12],
    ['name[givenName eq "x"]', 5],
    ['"displayName"', 1],
    ['a b', null],
  ])('%s', (text, position) => {
    if (position === null) return expect(parsePath(text, userType).kind).toBe('unknown')
    let caught: unknown
    try {
      parsePath(text, userType)
    } catch (err) {
      caught = err
    }
    expect(caught).toMatchObject({ code: 'path-invalid', slots: { position: String(position) } })
  })
})

test('members of a group are chosen by their id', () => {
  expect(printPath(parsePath('Members[Value eq "x"]', groupType))).toBe('members[value eq "x"]')
})

test.each([
  ['urn:a:1:User', 'extension'],
  ['urn:a:10.20.30:User-x', 'extension'],
  ['urn:a:1.x:User', 'attribute'],
  ['urn:a:b:User', 'attribute'],
  ['urn:a:2.0:User:b', 'attribute'],
  [enterpriseUserSchema, 'extension'],
])('%s is the path of an %s', (text, kind) => {
  expect(parsePath(text, userType).kind).toBe(kind)
})

test.each([
  [`${enterpriseUserSchema} pr`, 'nothing more can stand here'],
  ['title pr', 'nothing more can stand here'],
  ['emails[type pr] pr', 'nothing more can stand here'],
  ['emails[type pr].value pr', 'nothing more can stand here'],
  ['emails[type pr', 'a closing bracket is missing'],
  ['(', 'an attribute is missing'],
  ['title[value pr]', 'title has no values to choose from'],
  ['emails.type[value pr]', 'emails.type has no values to choose from'],
])('%s: %s', (text, why) => {
  expect(() => parsePath(text, userType)).toThrow(
    expect.objectContaining({ slots: expect.objectContaining({ path: text, why }) }),
  )
})
