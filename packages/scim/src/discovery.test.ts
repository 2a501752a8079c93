import { expect, test } from 'vitest'
import { resourceTypeByName, resourceTypeList, schemaById, schemaList, serviceProviderConfig } from './discovery.ts'
import { isJsonObject, type JsonValue, member } from './json.ts'
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema } from './schema.ts'

const base = 'https://scim.example.com/scim/v2'
const limits = { maxResults: 200, defaultPageSize: 100, bulk: null, cursorTimeoutSeconds: null, sort: true }

const list = (value: JsonValue | undefined): JsonValue[] => (Array.isArray(value) ? value : [])
const named = (values: JsonValue | undefined, name: string) =>
  list(values).find((item) => member(item, 'name') === name)

test('the schemas are a list without nulls, in camel case, of what resources are really read by', () => {
  const body = schemaList(base)
  expect(JSON.stringify(body)).not.toMatch(/:\s*null/)
  expect(list(body.Resources).map((item) => member(item, 'id'))).toEqual([
    coreUserSchema,
    enterpriseUserSchema,
    coreGroupSchema,
  ])
  expect(body.totalResults).toBe(3)
  const attribute = named(schemaById(coreUserSchema.toUpperCase(), base)?.attributes, 'userName')
  expect(attribute).toEqual({
    name: 'userName',
    type: 'string',
    multiValued: false,
    description: expect.any(String),
    required: true,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'global',
  })
})

test('what clients read of schemas, types and configuration changes on purpose only', async () => {
  const said = {
    schemas: schemaList(base),
    types: resourceTypeList(base),
    configuration: serviceProviderConfig(base, { ...limits, documentationUri: 'https://example.com/docs' }),
  }
  await expect(`${JSON.stringify(said, null, 2)}\n`).toMatchFileSnapshot('discovery.snapshot.json')
})

test('every attribute that a mapping may name is discoverable', () => {
  const user = schemaById(coreUserSchema, base)?.attributes
  for (const name of ['externalId', 'active', 'emails', 'addresses', 'roles']) expect(named(user, name)).toBeDefined()
  expect(named(schemaById(coreGroupSchema, base)?.attributes, 'externalId')).toBeDefined()
  const manager = named(schemaById(enterpriseUserSchema, base)?.attributes, 'manager')
  expect(named(member(manager, 'subAttributes'), 'value')).toMatchObject({ mutability: 'readWrite' })
  expect(named(schemaById(enterpriseUserSchema, base)?.attributes, 'externalId')).toBeUndefined()
  expect(JSON.stringify(schemaList(base))).not.toMatch(/"initial"|"apart"/)
})

test('resource types say where they are and what they are made of', () => {
  expect(list(resourceTypeList(base).Resources)).toHaveLength(2)
  expect(resourceTypeByName('user', base)).toMatchObject({
    id: 'User',
    endpoint: '/Users',
    schema: coreUserSchema,
    schemaExtensions: [{ schema: enterpriseUserSchema, required: false }],
    meta: { location: `${base}/ResourceTypes/User` },
  })
})

test('what does not exist is not found', () => {
  expect(schemaById('urn:harbour:none', base)).toBeUndefined()
  expect(resourceTypeByName('Boat', base)).toBeUndefined()
})

test('the configuration says what the service can do', () => {
  const body = serviceProviderConfig(base, limits)
  for (const feature of ['patch', 'filter', 'etag', 'sort']) expect(member(body[feature], 'supported')).toBe(true)
  for (const feature of ['bulk', 'changePassword']) expect(member(body[feature], 'supported')).toBe(false)
  expect(body.pagination).toEqual({
    cursor: false,
    index: true,
    defaultPaginationMethod: 'index',
    defaultPageSize: 100,
    maxPageSize: 200,
  })
  const all = serviceProviderConfig(base, {
    ...limits,
    bulk: { maxOperations: 1000, maxPayloadBytes: 16_000_000 },
    cursorTimeoutSeconds: 3600,
  })
  expect(all.bulk).toEqual({ supported: true, maxOperations: 1000, maxPayloadSize: 16_000_000 })
  expect(isJsonObject(all.pagination) && all.pagination.cursorTimeout).toBe(3600)
})
