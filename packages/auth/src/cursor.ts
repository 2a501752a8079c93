import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { SigningKey, SigningKeys } from './signing-key.ts'

/** Signs what a client is given to hand back, such as a list's cursor, so that nobody else can have made it. */
export interface CursorSigner {
  /** A cursor that holds the text, readable but not forgeable; of unreserved characters only (RFC 3986 section 2.3). */
  sign(text: string): string
  /** The text that a cursor holds; undefined when it was not signed by one of these keys. */
  verify(cursor: string): string | undefined
}

const macBytes = 16

/**
 * Cursors signed with keys that are derived from the mounted signing keys: every replica reads what any other signed, and one
 * signed before a rotation stays good as long as its key is mounted.
 * @param purpose what the cursors are for; those of another purpose are not taken for them
 */
export function cursorSigner(keys: SigningKeys, purpose: 'scim' | 'admin'): CursorSigner {
  const derived = new Map<string, Buffer>([...keys.byKid].map(([kid, key]) => [kid, deriveKey(key, purpose)]))
  const current = derived.get(keys.current.kid) ?? deriveKey(keys.current, purpose)
  return {
    sign(text) {
      const signed = `${keys.current.kid}.${Buffer.from(text).toString('base64url')}`
      return `${signed}.${macOf(signed, current)}`
    },
    verify(cursor) {
      const [kid = '', payload = '', mac = '', ...more] = cursor.split('.')
      const key = derived.get(kid)
      if (key === undefined || more.length > 0) return undefined
      // Compared as text: the last character of base64url has bits that no byte needs.
      const [given, expected] = [Buffer.from(mac), Buffer.from(macOf(`${kid}.${payload}`, key))]
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
      return Buffer.from(payload, 'base64url').toString()
    },
  }
}

function deriveKey({ privateKey }: SigningKey, purpose: string): Buffer {
  const secret = privateKey.export({ type: 'pkcs8', format: 'der' })
  return Buffer.from(hkdfSync('sha256', secret, '', `user-provisioning ${purpose} cursor`, 32))
}

function macOf(text: string, key: Buffer): string {
  return createHmac('sha256', key).update(text).digest().subarray(0, macBytes).toString('base64url')
}
