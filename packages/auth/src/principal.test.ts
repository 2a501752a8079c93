import { expect, test } from 'vitest'
import { hashAccessToken, isAccessToken, newAccessToken } from './access-token.ts'
import { allows, isAllowed, type Principal } from './principal.ts'

const holds = (...grants: Principal['grants']): Principal => ({ id: 'p', name: 'P', grants })

test('each role includes those before it, and the operator stands apart', () => {
  expect(allows('admin', 'viewer')).toBe(true)
  expect(allows('lite-admin', 'viewer')).toBe(true)
  expect(allows('viewer', 'lite-admin')).toBe(false)
  expect(allows('lite-admin', 'admin')).toBe(false)
  expect(allows('operator', 'viewer')).toBe(false)
  expect(allows('admin', 'operator')).toBe(false)
  expect(allows('operator', 'operator')).toBe(true)
})

test('a grant on one instance opens that instance alone, one on all opens each', () => {
  const ofOne = holds({ instanceId: 'a', role: 'admin' })
  expect(isAllowed(ofOne, 'viewer', 'a')).toBe(true)
  expect(isAllowed(ofOne, 'viewer', 'b')).toBe(false)
  expect(isAllowed(ofOne, 'viewer')).toBe(false)
  expect(isAllowed(holds({ instanceId: null, role: 'viewer' }), 'viewer', 'b')).toBe(true)
  expect(isAllowed(holds(), 'viewer', 'b')).toBe(false)
})

test('what belongs to no instance needs the operator of all', () => {
  expect(isAllowed(holds({ instanceId: null, role: 'operator' }), 'operator-of-all')).toBe(true)
  expect(isAllowed(holds({ instanceId: 'a', role: 'operator' }), 'operator-of-all', 'a')).toBe(false)
  expect(isAllowed(holds({ instanceId: null, role: 'admin' }), 'operator-of-all')).toBe(false)
  expect(isAllowed(holds(), 'anybody')).toBe(true)
})

test('an access token is recognizable, never the same twice, and kept as its hash', () => {
  const token = newAccessToken()
  expect(token).toMatch(/^upat_[\w-]{43}$/)
  expect(isAccessToken(token)).toBe(true)
  expect(isAccessToken(`${token}x`)).toBe(false)
  expect(newAccessToken()).not.toBe(token)
  expect(hashAccessToken('upat_x')).toBe('1047281bc67119ef13a0c436d46a5fe537f5e92b111ea9a002afc4fc35e8f1cf')
})
