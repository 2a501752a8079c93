import { Fault } from '@user-provisioning/contracts/errors'
import { expect, it } from 'vitest'
import { authenticate, type Credentials, enter } from './authentication.ts'

const credentials: Credentials = {
  verify: () => ({ instanceId: 'acme', keyId: 'k1', expiresAt: new Date() }),
  apiKey: () => undefined,
  instance: () => undefined,
}
const caller = { instanceId: 'acme', apiKeyId: 'k1' }

function codeOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (err) {
    return err instanceof Fault ? err.code : 'no fault'
  }
}

it('lets a key through that was issued a moment ago, before this replica heard of it or of its instance', () => {
  expect(authenticate('token', credentials)).toEqual(caller)
  expect(codeOf(() => enter(caller, 'acme', credentials))).toBeUndefined()
  expect(codeOf(() => enter(caller, undefined, credentials))).toBeUndefined()
})

it('refuses a key that is known to be revoked, and one that is known to be of another instance', () => {
  const revoked = { instanceId: 'acme', revokedAt: '2026-11-02T09:00:00.000Z' }
  expect(codeOf(() => authenticate('token', { ...credentials, apiKey: () => revoked }))).toBe('token-revoked')
  const foreign = { instanceId: 'beta', revokedAt: null }
  expect(codeOf(() => authenticate('token', { ...credentials, apiKey: () => foreign }))).toBe('token-invalid')
})

it('opens no instance but its own, and none that is being deleted', () => {
  expect(codeOf(() => enter(caller, 'beta', credentials))).toBe('instance-refused')
  const deleting = { ...credentials, instance: () => ({ state: 'deleting' as const }) }
  expect(codeOf(() => enter(caller, undefined, deleting))).toBe('instance-refused')
})
