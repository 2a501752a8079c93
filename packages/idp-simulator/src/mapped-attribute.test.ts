import { describe, expect, test } from 'vitest'
import { placeAt, valueAt } from './mapped-attribute.ts'
import type { JsonObject } from './scim-client.ts'

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

describe('a target attribute', () => {
  test.for([
    ['title', 'Engineer', { title: 'Engineer' }],
    ['name.givenName', 'Nora', { name: { givenName: 'Nora' } }],
    ['emails[type eq "work"].value', 'n@x.test', { emails: [{ type: 'work', value: 'n@x.test' }] }],
    ['roles[primary eq "True"].value', 'Reader', { roles: [{ primary: true, value: 'Reader' }] }],
    [`${enterprise}:department`, 'R&D', { [enterprise]: { department: 'R&D' } }],
  ] as const)('%s is placed and found again', ([path, value, expected]) => {
    const resource: JsonObject = {}
    placeAt(resource, path, value)
    expect(resource).toEqual(expected)
    expect(valueAt(resource, path)).toBe(value)
    expect(valueAt({}, path)).toBeUndefined()
  })

  test('of a chosen element changes that element in place', () => {
    const resource: JsonObject = {
      emails: [
        { type: 'home', value: 'a' },
        { type: 'Work', value: 'b', primary: true },
      ],
    }
    placeAt(resource, 'emails[type eq "work"].value', 'c')
    expect(resource.emails).toEqual([
      { type: 'home', value: 'a' },
      { type: 'Work', value: 'c', primary: true },
    ])
  })
})
