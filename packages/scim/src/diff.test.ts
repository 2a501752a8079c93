import { expect, test } from 'vitest'
import { diff } from './diff.ts'
import { enterpriseUserSchema } from './schema.ts'

test('each changed path with what was and what is', () => {
  const before = {
    userName: 'a',
    title: 'T',
    name: { givenName: 'N', familyName: 'Q' },
    emails: [{ value: 'a' }],
    [enterpriseUserSchema]: { department: 'D', manager: { value: 'm' } },
  }
  const after = {
    userName: 'a',
    active: false,
    name: { familyName: 'Q', givenName: 'M' },
    emails: [{ value: 'b' }],
    [enterpriseUserSchema]: { department: 'E' },
    'urn:acme:Ship:2.0:User': { berth: 'B' },
  }
  expect(diff(before, after)).toEqual([
    { path: 'title', old: 'T', new: null },
    { path: 'name.givenName', old: 'N', new: 'M' },
    { path: 'emails', old: [{ value: 'a' }], new: [{ value: 'b' }] },
    { path: `${enterpriseUserSchema}:department`, old: 'D', new: 'E' },
    { path: `${enterpriseUserSchema}:manager.value`, old: 'm', new: null },
    { path: 'active', old: null, new: false },
    { path: 'urn:acme:Ship:2.0:User:berth', old: null, new: 'B' },
  ])
})

test('nothing differs where only the order of members does', () => {
  expect(diff({ a: 1, b: { c: 1, d: 2 } }, { b: { d: 2, c: 1 }, a: 1 })).toEqual([])
})
