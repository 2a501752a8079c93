import type { AccessTokenRecord } from '@user-provisioning/contracts/states'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'

/** A personal access token: its hash, whose it is and what it may do. */
export interface AccessTokenDocument {
  readonly _id: string
  readonly hash: string
  readonly principal: AccessTokenRecord['principal']
  readonly grants: AccessTokenRecord['grants']
  readonly expiresAt: Date | null
  readonly version: number
}

export const accessTokens = defineCollection<AccessTokenDocument>({
  name: 'accessTokens',
  scope: 'global',
  schema: {
    hash: { type: String, required: true },
    principal: { type: Object, required: true },
    grants: { type: [Object], required: true },
    expiresAt: Date,
    version: { type: Number, required: true },
  },
  indexes: [{ keys: { 'principal.id': 1 } }],
})

export function accessTokenRecord(token: AccessTokenDocument): AccessTokenRecord {
  const { _id: id, hash, principal, grants, version } = token
  return { id, hash, principal, grants: [...grants], expiresAt: token.expiresAt?.toISOString() ?? null, version }
}
