import { z } from 'zod'
import { roles } from './admin/route.ts'
import { customField } from './fields.ts'
import { matchingAttributes } from './settings.ts'

/** What every replica holds in memory, from compacted topics. Hashes and public halves only. */
export const instanceRecord = z.strictObject({
  id: z.string(),
  name: z.string(),
  state: z.enum(['active', 'suspended', 'deleting']),
  /** The fields that the instance declared beside the standard ones. */
  customFields: z.array(customField).optional(),
  /** What users are looked up by to be picked up; none: the default. */
  matchingAttribute: z.enum(matchingAttributes).optional(),
  version: z.int().positive(),
})
export const apiKeyRecord = z.strictObject({
  id: z.string(),
  instanceId: z.string(),
  integrationUserId: z.string(),
  expiresAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
  version: z.int().positive(),
})
export const signingKeyRecord = z.strictObject({
  kid: z.string(),
  purpose: z.literal('api-keys'),
  publicKeyPem: z.string(),
})
export const accessTokenRecord = z.strictObject({
  id: z.string(),
  /** SHA-256 of the token, hex. */
  hash: z.string(),
  principal: z.strictObject({ id: z.string(), name: z.string() }),
  /** A role on one instance, or on all where `instanceId` is null. */
  grants: z.array(z.strictObject({ instanceId: z.string().nullable(), role: z.enum(roles) })),
  expiresAt: z.iso.datetime().nullable(),
  version: z.int().positive(),
})

export type InstanceRecord = z.infer<typeof instanceRecord>
export type ApiKeyRecord = z.infer<typeof apiKeyRecord>
export type SigningKeyRecord = z.infer<typeof signingKeyRecord>
export type AccessTokenRecord = z.infer<typeof accessTokenRecord>
