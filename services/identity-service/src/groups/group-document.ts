import { defineCollection } from '@user-provisioning/mongo/collection-definition'
import type { JsonObject } from '@user-provisioning/scim/json'

/** A group, native or managed, without its members; a deleted one stays as a tombstone. */
export interface GroupDocument {
  readonly _id: string
  readonly instanceId: string
  /** Null: native. */
  readonly scimSyncId: string | null
  readonly displayName: string
  readonly externalId: string | null
  readonly state: 'active' | 'deleted'
  /** It was picked up and that was undone: native for good, and invisible to SCIM. */
  readonly pickUpUndone?: boolean
  /** Neither deleted nor undone. Kept so that lists and counts have an index, as for users. */
  readonly visible: boolean
  readonly scim: JsonObject
  /** `scim` as case-insensitive filters read it; empty in a tombstone. */
  readonly search: JsonObject
  readonly version: number
  /** Counts changes of the SCIM representation, members included. */
  readonly scimVersion: number
  readonly meta: { readonly created: Date; readonly lastModified: Date }
  readonly changedAt: Date
}

export const groups = defineCollection<GroupDocument>({
  name: 'groups',
  scope: 'instance',
  schema: {
    scimSyncId: String,
    displayName: { type: String, required: true },
    externalId: String,
    state: { type: String, required: true },
    pickUpUndone: Boolean,
    visible: { type: Boolean, required: true },
    scim: { type: Object, required: true },
    search: { type: Object, required: true },
    version: { type: Number, required: true },
    scimVersion: { type: Number, required: true },
    meta: { created: { type: Date, required: true }, lastModified: { type: Date, required: true } },
    changedAt: { type: Date, required: true },
  },
  indexes: [
    { keys: { instanceId: 1, visible: 1, _id: 1 } },
    {
      keys: { instanceId: 1, 'search.displayName': 1 },
      options: { unique: true, partialFilterExpression: { visible: true } },
    },
    // Names are unique among those that SCIM does not see, too.
    {
      keys: { instanceId: 1, 'search.displayName': 1 },
      options: { name: 'uniqueAmongAll', unique: true, partialFilterExpression: { state: 'active' } },
    },
    { keys: { instanceId: 1, 'scim.externalId': 1 } },
  ],
})
