import { expect, test } from 'vitest'
import { presentGroup, presentList, presentUser } from './present.ts'
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema } from './schema.ts'

const common = {
  id: 'u1',
  scimVersion: 3,
  created: '2026-11-02T09:30:00.000Z',
  lastModified: '2026-11-02T09:31:00.000Z',
  base: 'https://scim.example.com/instances/i/scim/v2',
}

test('a user comes with its id, its schemas, its groups and its meta', () => {
  const scim = {
    externalId: 'e',
    userName: 'nora',
    active: false,
    [enterpriseUserSchema]: { manager: { value: 'm' } },
    'urn:acme:Ship:2.0:User': { berth: 'B' },
  }
  expect(presentUser({ ...common, scim, groups: [{ value: 'g', display: 'Crew' }] })).toEqual({
    schemas: [coreUserSchema, enterpriseUserSchema, 'urn:acme:Ship:2.0:User'],
    id: 'u1',
    ...scim,
    groups: [{ value: 'g', $ref: `${common.base}/Groups/g`, display: 'Crew', type: 'direct' }],
    meta: {
      resourceType: 'User',
      created: common.created,
      lastModified: common.lastModified,
      location: `${common.base}/Users/u1`,
      version: 'W/"3"',
    },
  })
})

test('a user of whom nobody said otherwise is active, without groups there is no such attribute', () => {
  const presented = presentUser({ ...common, scim: { userName: 'nora' }, groups: [] })
  expect(presented.active).toBe(true)
  expect(presented).not.toHaveProperty('groups')
  expect(presented.schemas).toEqual([coreUserSchema])
})

test('a group comes with its members where they were read', () => {
  const scim = { displayName: 'Crew' }
  const members = [
    { value: 'a/b', display: 'A' },
    { value: 'g', type: 'Group' as const },
  ]
  const presented = presentGroup({ ...common, scim, members })
  expect(presented.schemas).toEqual([coreGroupSchema])
  expect(presented.members).toEqual([
    { value: 'a/b', $ref: `${common.base}/Users/a%2Fb`, type: 'User', display: 'A' },
    { value: 'g', $ref: `${common.base}/Groups/g`, type: 'Group' },
  ])
  expect(presentGroup({ ...common, scim })).not.toHaveProperty('members')
})

test('a list says how many there are and how many this page has', () => {
  expect(presentList([{ id: '1' }], { totalResults: 9, startIndex: 3 })).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: 9,
    startIndex: 3,
    itemsPerPage: 1,
    Resources: [{ id: '1' }],
  })
  expect(presentList([], { totalResults: 0, nextCursor: 'c' })).toMatchObject({ Resources: [], nextCursor: 'c' })
})
