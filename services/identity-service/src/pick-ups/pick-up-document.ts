import type { Actor } from '@user-provisioning/contracts/actor'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'

/** A user or group that became managed without being made by the IdP; an account is picked up once in its life. */
export interface PickUpDocument {
  /** The account's id. */
  readonly _id: string
  readonly instanceId: string
  readonly type: 'user' | 'group'
  /** Its name at the time. */
  readonly name: string
  readonly pickedUpAt: Date
  readonly pickedUpBy: Actor
  readonly correlationId: string
  /** Native again since then. */
  readonly undoneAt?: Date
  readonly undoneBy?: Actor
}

export type PickUpChange = Pick<PickUpDocument, '_id' | 'instanceId'> & Partial<PickUpDocument>

export const pickUps = defineCollection<PickUpDocument>({
  name: 'pickUps',
  scope: 'instance',
  schema: {
    type: { type: String },
    name: String,
    pickedUpAt: Date,
    pickedUpBy: Object,
    correlationId: String,
    undoneAt: Date,
    undoneBy: Object,
  },
  indexes: [{ keys: { instanceId: 1, _id: 1 } }, { keys: { instanceId: 1, pickedUpAt: 1 } }],
})
