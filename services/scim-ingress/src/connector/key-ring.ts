import type { KeyObject } from 'node:crypto'
import { readPublicKey, type SigningKeys } from '@user-provisioning/auth/signing-key'
import type { SigningKeyRecord } from '@user-provisioning/contracts/states'

/**
 * The public key of a kid: from this replica's own folder, or announced by another. A key is parsed once for each form that
 * was announced.
 */
export function keyRing(
  own: SigningKeys['byKid'],
  announced: (kid: string) => SigningKeyRecord | undefined,
): (kid: string) => KeyObject | undefined {
  const parsed = new Map<string, { pem: string; key: KeyObject }>()
  return (kid) => {
    const mine = own.get(kid)
    if (mine) return mine.publicKey
    const record = announced(kid)
    if (!record) return undefined
    const known = parsed.get(kid)
    if (known?.pem === record.publicKeyPem) return known.key
    const key = readPublicKey(record.publicKeyPem)
    parsed.set(kid, { pem: record.publicKeyPem, key })
    return key
  }
}
