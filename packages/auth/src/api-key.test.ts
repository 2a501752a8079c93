import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { Fault } from '@user-provisioning/contracts/errors'
import { describe, expect, test } from 'vitest'
import { createApiKeyVerifier, signApiKey, verifyApiKey } from './api-key.ts'

const kid = '0123456789abcdef'
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keyOf = (asked: string): KeyObject | undefined => (asked === kid ? publicKey : undefined)
const expiresAt = new Date('2027-11-24T12:00:00.000Z')
const now = Date.parse('2026-11-24T12:00:00.000Z')
const instanceId = '0199a1c2-0000-7000-8000-000000000001'
const keyId = '0199a1c4-0000-7000-8000-000000000002'
const token = signApiKey({ privateKey, kid, instanceId, keyId, expiresAt })

const payload = { exp: expiresAt.getTime() / 1000, aud: 'scim', iss: 'user-provisioning', sub: instanceId, jti: keyId }
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token made by hand, so that each check is met alone. */
function forged(options: {
  header?: object
  claims?: object
  key?: KeyObject
  signature?: (input: string) => string
}): string {
  const input = `${part({ alg: 'ES256', typ: 'JWT', kid, ...options.header })}.${part({ ...payload, ...options.claims })}`
  const signed = () =>
    sign('sha256', Buffer.from(input), { key: options.key ?? privateKey, dsaEncoding: 'ieee-p1363' }).toString(
      'base64url',
    )
  return `${input}.${options.signature?.(input) ?? signed()}`
}

function refusal(text: string, at = now): Fault {
  try {
    verifyApiKey(text, keyOf, { now: at })
  } catch (err) {
    if (err instanceof Fault) return err
    throw err
  }
  throw new Error('The token was accepted')
}

describe('an API key', () => {
  test('says its instance, its id and its end, and is under 500 bytes', () => {
    expect(verifyApiKey(token, keyOf, { now })).toEqual({ instanceId, keyId, expiresAt })
    expect(verifyApiKey(forged({}), keyOf, { now })).toEqual({ instanceId, keyId, expiresAt })
    expect(token.length).toBeLessThan(500)
  })

  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' })
  test.each<[string, string]>([
    ['with alg none', forged({ header: { alg: 'none' }, signature: () => '' })],
    [
      'signed with HS256 and the public key as its secret',
      forged({
        header: { alg: 'HS256' },
        signature: (input) => createHmac('sha256', publicPem).update(input).digest('base64url'),
      }),
    ],
    ['of another issuer', forged({ claims: { iss: 'somebody' } })],
    ['for another audience', forged({ claims: { aud: 'admin' } })],
    ['signed by a key that is not ours', forged({ key: other })],
    ['with a kid that is not known', forged({ header: { kid: 'ffffffffffffffff' } })],
    ['without a kid', forged({ header: { kid: undefined } })],
    ['without an end', forged({ claims: { exp: undefined } })],
    ['without an instance', forged({ claims: { sub: undefined } })],
    ['changed after it was signed', `${token.slice(0, 60)}${token[60] === 'A' ? 'B' : 'A'}${token.slice(61)}`],
    ['cut short', token.slice(0, -10)],
    ['that is no token', 'hello'],
    ['that is empty', ''],
    ['with a header that is no object', `${part(null)}.${part(payload)}.x`],
    ['before its nbf', forged({ claims: { nbf: now / 1000 + 10 ** 9 } })],
  ])('%s is refused', (_, text) => {
    expect(refusal(text).code).toBe('token-invalid')
  })

  test('that is over-long is refused before it is parsed', () => {
    const long = forged({ claims: { more: 'x'.repeat(800) } })
    let asked = 0
    expect(() =>
      verifyApiKey(long, () => {
        asked++
        return publicKey
      }),
    ).toThrow(Fault)
    expect(asked).toBe(0)
  })

  test('ends at its time, to the second, and says when', () => {
    expect(verifyApiKey(token, keyOf, { now: expiresAt.getTime() - 1 })).toBeDefined()
    const fault = refusal(token, expiresAt.getTime())
    expect(fault.code).toBe('token-expired')
    expect(fault.slots).toEqual({ at: '2027-11-24T12:00:00.000Z' })
  })

  test('that has expired by the real clock is told so, too', () => {
    expect(refusal(forged({ claims: { exp: 1_600_000_000 } }), Date.now()).code).toBe('token-expired')
  })

  test('of another algorithm is refused even when its key is known', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const text = forged({
      header: { alg: 'RS256' },
      signature: (input) => sign('sha256', Buffer.from(input), rsa.privateKey).toString('base64url'),
    })
    expect(() => verifyApiKey(text, () => rsa.publicKey, { now })).toThrow(
      expect.objectContaining({ code: 'token-invalid' }),
    )
  })

  test('that is forged and expired learns nothing but that it is invalid', () => {
    expect(refusal(forged({ key: other }), expiresAt.getTime() + 1).code).toBe('token-invalid')
  })
})

describe('a verifier that remembers', () => {
  test('refuses a remembered token once its key is gone or another, and once it has expired', () => {
    let known: KeyObject | undefined = publicKey
    let at = now
    const verifier = createApiKeyVerifier({ keyOf: () => known, clock: () => at })
    expect(verifier.verify(token)).toEqual({ instanceId, keyId, expiresAt })
    expect(verifier.verify(token)).toBe(verifier.verify(token))
    known = undefined
    expect(() => verifier.verify(token)).toThrow(Fault)
    known = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    expect(() => verifier.verify(token)).toThrow(Fault)
    known = publicKey
    at = expiresAt.getTime()
    expect(() => verifier.verify(token)).toThrow(expect.objectContaining({ code: 'token-expired' }))
  })

  test('keeps no more than it was told to', () => {
    const verifier = createApiKeyVerifier({ keyOf, remember: 1, clock: () => now })
    const first = verifier.verify(token)
    verifier.verify(signApiKey({ privateKey, kid, instanceId, keyId: 'other', expiresAt }))
    expect(verifier.verify(token)).not.toBe(first)
    expect(verifier.verify(token)).toEqual(first)
  })
})
