import { defineCollection } from '@user-provisioning/mongo/collection-definition'

/** The guard of one instance, from its first trip on; `_id` is the instance's. */
export interface GuardDocument {
  readonly _id: string
  readonly instanceId: string
  readonly state: 'armed' | 'tripped'
  readonly trippedAt: Date | null
  /** What was carried out before is not counted any more: it was released. */
  readonly countedFrom: Date
  /** Held changes that a later request of the IdP made void, since the trip. */
  readonly superseded: number
  /** It was told that the IdP is about to give up. */
  readonly hasWarned: boolean
  readonly version: number
}

export const guards = defineCollection<GuardDocument>({
  name: 'guards',
  scope: 'instance',
  schema: {
    state: { type: String, required: true },
    trippedAt: Date,
    countedFrom: { type: Date, required: true },
    superseded: { type: Number, required: true },
    hasWarned: { type: Boolean, required: true },
    version: { type: Number, required: true },
  },
})

/** A suspension or deletion that was carried out while the guard was on: what is counted. */
export interface DeprovisionDocument {
  /** The request's id. */
  readonly _id: string
  readonly instanceId: string
  readonly at: Date
}

const longestWindowSeconds = 24 * 60 * 60

export const deprovisions = defineCollection<DeprovisionDocument>({
  name: 'deprovisions',
  scope: 'instance',
  schema: { at: { type: Date, required: true } },
  indexes: [
    { keys: { instanceId: 1, at: 1 } },
    { keys: { at: 1 }, options: { expireAfterSeconds: longestWindowSeconds } },
  ],
})

/** A suspension or deletion that is held back: the last one asked for of its user, whose id is `_id`. */
export interface HeldDocument {
  readonly _id: string
  readonly instanceId: string
  readonly userName: string
  readonly change: 'suspend' | 'delete'
  readonly department: string | null
  readonly heldAt: Date
  readonly requestId: string
}

export const heldChanges = defineCollection<HeldDocument>({
  name: 'heldChanges',
  scope: 'instance',
  schema: {
    userName: { type: String, required: true },
    change: { type: String, required: true },
    department: String,
    heldAt: { type: Date, required: true },
    requestId: { type: String, required: true },
  },
  indexes: [{ keys: { instanceId: 1, change: 1, _id: 1 } }],
})
