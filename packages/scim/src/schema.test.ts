import { describe, expect, test } from 'vitest'
import { enterpriseUserSchema, groupType, printAttributePath, resolveAttribute, userType } from './schema.ts'

describe('attribute names are the same in any case, short or with their schema', () => {
  test.each([
    ['username', 'userName'],
    ['NAME.GIVENNAME', 'name.givenName'],
    ['urn:ietf:params:scim:schemas:core:2.0:user:UserName', 'userName'],
    ['manager', `${enterpriseUserSchema}:manager`],
    ['manager.value', `${enterpriseUserSchema}:manager.value`],
    ['URN:ietf:params:scim:schemas:extension:enterprise:2.0:user:Department', `${enterpriseUserSchema}:department`],
    ['urn:acme:Ship:2.0:User:berth', 'urn:acme:Ship:2.0:User:berth'],
    ['groups.$ref', 'groups.$ref'],
    ['meta.lastmodified', 'meta.lastModified'],
  ])('%s is %s', (text, printed) => {
    const path = resolveAttribute(text, userType)
    expect(path && printAttributePath(path)).toBe(printed)
  })
})

test.each([
  '__proto__',
  'constructor',
  'toString',
  '_id',
  '$where',
  'name.__proto__',
  'emails.value.x',
  'urn:acme:Ship:2.0:User:__proto__',
  'urn:ietf:params:scim:schemas:core:2.0:Group:displayName',
  '',
])('%j is no attribute of a user', (text) => {
  expect(resolveAttribute(text, userType)).toBeUndefined()
})

test('a group has no enterprise attributes', () => {
  expect(resolveAttribute('department', groupType)).toBeUndefined()
  expect(resolveAttribute('members.value', groupType)?.subAttribute?.name).toBe('value')
})
