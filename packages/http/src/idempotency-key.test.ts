import { expect, test } from 'vitest'
import { idempotentRequestId, requestFingerprint } from './idempotency-key.ts'

test('a request id is a UUID version 8 that only principal and key decide', () => {
  const id = idempotentRequestId('ada', '6f1c52d0-2b7e')
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(idempotentRequestId('ada', '6f1c52d0-2b7e')).toBe(id)
  expect(idempotentRequestId('bob', '6f1c52d0-2b7e')).not.toBe(id)
  expect(idempotentRequestId('ada6', 'f1c52d0-2b7e')).not.toBe(id)
})

test('a fingerprint changes with each part of the request', () => {
  const request = { method: 'POST', path: '/a', query: '', body: { a: 1 } }
  const prints = [
    request,
    { ...request, method: 'PATCH' },
    { ...request, path: '/b' },
    { ...request, query: 'dryRun=true' },
    { ...request, body: { a: 2 } },
  ].map(requestFingerprint)
  expect(new Set(prints).size).toBe(prints.length)
})
