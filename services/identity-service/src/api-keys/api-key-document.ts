import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import type { ApiKeyRecord } from '@user-provisioning/contracts/states'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'

export const apiKeySlots = ['primary', 'secondary'] as const
type ApiKeySlot = (typeof apiKeySlots)[number]

/** What is known of an API key; the secret is nowhere. */
export interface ApiKeyDocument {
  readonly _id: string
  readonly instanceId: string
  readonly slot: ApiKeySlot
  /** False once it is revoked, or was found expired when its slot was needed: one key holds a slot. */
  readonly holdsSlot: boolean
  readonly label: string
  readonly integrationUserId: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly revokedAt: Date | null
  readonly version: number
}

export const apiKeys = defineCollection<ApiKeyDocument>({
  name: 'apiKeys',
  scope: 'instance',
  schema: {
    slot: { type: String, required: true },
    holdsSlot: { type: Boolean, required: true },
    label: { type: String, required: true },
    integrationUserId: { type: String, required: true },
    createdAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
    revokedAt: Date,
    version: { type: Number, required: true },
  },
  indexes: [
    {
      keys: { instanceId: 1, slot: 1 },
      options: { unique: true, partialFilterExpression: { holdsSlot: true } },
    },
    { keys: { instanceId: 1, _id: 1 } },
  ],
})

export function presentApiKey(key: ApiKeyDocument, now: Date): AdminAnswer<'revokeApiKey'> {
  return {
    id: key._id,
    instanceId: key.instanceId,
    slot: key.slot,
    label: key.label,
    integrationUserId: key.integrationUserId,
    state: key.revokedAt !== null ? 'revoked' : key.expiresAt <= now ? 'expired' : 'live',
    createdAt: key.createdAt.toISOString(),
    expiresAt: key.expiresAt.toISOString(),
    revokedAt: key.revokedAt?.toISOString() ?? null,
    lastUsedAt: null,
    version: key.version,
  }
}

/** What every ingress replica knows of the key. */
export function apiKeyRecord(key: ApiKeyDocument): ApiKeyRecord {
  return {
    id: key._id,
    instanceId: key.instanceId,
    integrationUserId: key.integrationUserId,
    expiresAt: key.expiresAt.toISOString(),
    revokedAt: key.revokedAt?.toISOString() ?? null,
    version: key.version,
  }
}
