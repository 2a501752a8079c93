import { expect, test } from 'vitest'
import { presentBulkResponse } from './bulk-response.ts'

test('RFC 7644 3.7.3: a result an operation, the status as text, a response only for an error, and no nulls', () => {
  const nothing = { method: null, bulkId: null, location: null, version: null, error: null }
  const made = { method: 'POST', bulkId: 'a', location: 'https://x.test/Users/1', version: 'W/"1"' }
  const error = { status: '409', detail: 'taken' }
  const results = [
    { ...nothing, ...made, status: 201 },
    { ...nothing, method: 'PUT', status: 409, error },
    { ...nothing, status: 400 },
  ]
  expect(presentBulkResponse(results)).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkResponse'],
    Operations: [{ ...made, status: '201' }, { method: 'PUT', status: '409', response: error }, { status: '400' }],
  })
})
