import { describe, expect, it } from 'vitest'
import { type BulkOperation, readBulkAction, readBulkRequest } from './bulk-request.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { groupType, userType } from './schema.ts'

const ann = { userName: 'ann@harbour.test' }

function readOne(operation: JsonValue): BulkOperation {
  const [read] = readBulkRequest({ Operations: [operation] }, 10).operations
  if (read === undefined) throw new Error('nothing was read')
  return read
}

const action = (operation: JsonObject) => readBulkAction(readOne(operation))

describe('a BulkRequest (RFC 7644 section 3.7)', () => {
  it('is a list of operations, names in any case', () => {
    const { failOnErrors, operations } = readBulkRequest(
      { failonerrors: 2, operations: [{ METHOD: 'post', Path: '/Users', BULKID: 'a', Data: ann }] },
      10,
    )
    expect(failOnErrors).toBe(2)
    expect(operations).toMatchObject([{ method: 'POST', bulkId: 'a', defines: 'a', type: userType, data: ann }])
  })

  it.each([
    ['no Operations', {}, 'bulk-invalid'],
    ['Operations that are no list', { Operations: { method: 'POST' } }, 'bulk-invalid'],
    ['failOnErrors below 0', { Operations: [], failOnErrors: -1 }, 'bulk-invalid'],
    ['failOnErrors that is no whole number', { Operations: [], failOnErrors: 1.5 }, 'bulk-invalid'],
    ['failOnErrors as text', { Operations: [], failOnErrors: '1' }, 'bulk-invalid'],
    ['more operations than are announced', { Operations: Array(11).fill({}) }, 'bulk-too-large'],
  ])('with %s is refused as a whole', (_, body, code) => {
    expect(() => readBulkRequest(body as JsonObject, 10)).toThrow(expect.objectContaining({ code }))
  })

  it('may have as many operations as are announced, and none', () => {
    expect(readBulkRequest({ Operations: Array(10).fill({}) }, 10).operations).toHaveLength(10)
    expect(readBulkRequest({ Operations: [], failOnErrors: null }, 10)).toEqual({ failOnErrors: 0, operations: [] })
  })

  it('is read although an operation is none: that one says so itself', () => {
    const { operations } = readBulkRequest({ Operations: [null, 'x', [], { method: 7 }] }, 10)
    expect(operations).toHaveLength(4)
    for (const operation of operations) {
      expect(() => readBulkAction(operation)).toThrow(expect.objectContaining({ code: 'bulk-invalid' }))
    }
  })
})

describe('an operation', () => {
  it.each([
    ['/Users/1', userType, '1'],
    ['Users/1', userType, '1'],
    ['/users/1/', userType, '1'],
    ['/Groups/bulkId:crew', groupType, 'bulkId:crew'],
    ['/Groups/bulkId%3Acrew', groupType, 'bulkId:crew'],
    ['/Users/1?attributes=userName', userType, '1'],
    ['https://scim.example.test/instances/i/scim/v2/Groups/1', groupType, '1'],
    ['/scim/v2/Users/1', userType, '1'],
  ])('goes to the resource at %s', (path, type, target) => {
    expect(action({ method: 'DELETE', path })).toEqual({ method: 'DELETE', type, target, version: null })
  })

  it.each([
    '/Widgets/1',
    '/Users/1/emails',
    '/Groups/1/Users/2',
    '/Bulk',
    '/',
    '/Users/%zz',
    'ftp://example.test/scim/v2/Users/1',
    `${'/'.repeat(100_000)}x`,
    `/a${'/scim/v2'.repeat(20_000)}/x/y/z`,
  ])('to no users and no groups is refused at once', (path) => {
    expect(() => action({ method: 'DELETE', path })).toThrow(expect.objectContaining({ code: 'path-invalid' }))
  })

  it.each([
    ['POST to one resource', { method: 'POST', path: '/Users/1', bulkId: 'a', data: ann }, 'path-invalid'],
    ['DELETE of all users', { method: 'DELETE', path: '/Users' }, 'path-invalid'],
    ['GET', { method: 'GET', path: '/Users/1' }, 'bulk-invalid'],
    ['POST without a bulkId', { method: 'POST', path: '/Users', data: ann }, 'bulk-invalid'],
    ['POST with an empty bulkId', { method: 'POST', path: '/Users', bulkId: '', data: ann }, 'bulk-invalid'],
    ['POST without data', { method: 'POST', path: '/Users', bulkId: 'a' }, 'bulk-invalid'],
    ['POST of a user without a name', { method: 'POST', path: '/Users', bulkId: 'a', data: {} }, 'attribute-required'],
    ['PUT without data', { method: 'PUT', path: '/Users/1' }, 'bulk-invalid'],
    ['PATCH with data that is no PATCH', { method: 'PATCH', path: '/Users/1', data: ann }, 'value-invalid'],
    ['data that is text', { method: 'PUT', path: '/Users/1', data: JSON.stringify(ann) }, 'body-not-json'],
    ['a version that is no text', { method: 'DELETE', path: '/Users/1', version: 3 }, 'bulk-invalid'],
    ['no path', { method: 'DELETE' }, 'bulk-invalid'],
  ])('is refused: %s', (_, operation, code) => {
    expect(() => action(operation)).toThrow(expect.objectContaining({ code }))
  })

  it('is read as the same request would be if it came by itself', () => {
    expect(
      action({ method: 'POST', path: '/Users', bulkId: 'a', data: { username: 'x', active: 'False' } }),
    ).toMatchObject({
      given: { resource: { userName: 'x', active: false } },
    })
    const data = { Operations: [{ op: 'Replace', value: { 'name.givenName': 'Ann' } }] }
    expect(action({ method: 'PATCH', path: '/Users/1', version: 'W/"3"', data })).toMatchObject({
      version: 'W/"3"',
      given: { operations: [{ op: 'replace', path: 'name.givenName', value: 'Ann' }] },
    })
  })

  it('defines its bulkId if it is a POST and the first of that bulkId, which is unique within a bulk request', () => {
    const { operations } = readBulkRequest(
      {
        Operations: [
          { method: 'PATCH', path: '/Users/1', bulkId: 'a' },
          { method: 'POST', path: '/Users', bulkId: 'a', data: ann },
          { method: 'POST', path: '/Users', bulkId: 'a', data: ann },
          { method: 'POST', path: '/Users', bulkId: 'A', data: ann },
          { method: 'POST', path: '/Users', bulkId: '__proto__', data: ann },
        ],
      },
      10,
    )
    expect(operations.map(({ defines }) => defines)).toEqual([null, 'a', null, 'A', '__proto__'])
    expect(() => readBulkAction(operations[2] as BulkOperation)).toThrow('bulkId a is that of a POST before it')
  })
})
