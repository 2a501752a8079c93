import { defineCollection } from '@user-provisioning/mongo/collection-definition'

/** The public half of a key that the ingress signs API keys with; `_id` is its kid. */
export interface SigningKeyDocument {
  readonly _id: string
  readonly purpose: 'api-keys'
  readonly publicKeyPem: string
  readonly registeredAt: Date
}

export const signingKeys = defineCollection<SigningKeyDocument>({
  name: 'signingKeys',
  scope: 'global',
  schema: {
    purpose: { type: String, required: true },
    publicKeyPem: { type: String, required: true },
    registeredAt: { type: Date, required: true },
  },
})
