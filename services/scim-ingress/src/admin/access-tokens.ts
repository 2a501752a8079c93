import { hashAccessToken } from '@user-provisioning/auth/access-token'
import type { AccessTokenRecord } from '@user-provisioning/contracts/states'

/** The access tokens as they are known now, and what becomes of them, by id. */
export interface KnownTokens {
  values(): Iterable<AccessTokenRecord>
  onChange(listener: (id: string, record: AccessTokenRecord | undefined) => void): void
}

/** Finds a token's record by its hash, whatever the number of tokens; the token itself is kept nowhere. */
export function tokensByHash(known: KnownTokens): (token: string) => AccessTokenRecord | undefined {
  const byHash = new Map<string, AccessTokenRecord>()
  const hashes = new Map<string, string>()

  function note(id: string, record: AccessTokenRecord | undefined): void {
    byHash.delete(hashes.get(id) ?? '')
    hashes.delete(id)
    if (!record) return
    byHash.set(record.hash, record)
    hashes.set(id, record.hash)
  }

  for (const record of known.values()) note(record.id, record)
  known.onChange(note)
  return (token) => byHash.get(hashAccessToken(token))
}
