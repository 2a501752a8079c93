import type { Role } from '@user-provisioning/contracts/admin/route'
import type { Fields, Link, OnNativeEdit, UserState } from '@user-provisioning/contracts/images'
import { defineCollection, ofText } from '@user-provisioning/mongo/collection-definition'
import type { JsonObject } from '@user-provisioning/scim/json'

/** The mapping row of a set's version that a field's value comes from, or the product itself. */
export type FieldSource =
  | { readonly rowId: string; readonly setVersion: number; readonly onNativeEdit?: OnNativeEdit }
  | 'native'

/** A user, native or managed; a deleted one stays as a tombstone. */
export interface UserDocument {
  readonly _id: string
  readonly instanceId: string
  /** Null: native. */
  readonly scimSyncId: string | null
  readonly userName: string
  readonly externalId: string | null
  readonly state: UserState
  /** An administrator or integration user: invisible to SCIM, never picked up. */
  readonly protected: boolean
  /** Of an integration user: what API keys may do on its behalf. */
  readonly role: Role | null
  /** It was picked up and that was undone: native for good, and invisible to SCIM. */
  readonly pickUpUndone?: boolean
  /** Neither deleted, protected nor undone. Kept so that lists and counts have an index. */
  readonly visible: boolean
  readonly scim: JsonObject
  /** `scim` as case-insensitive filters read it; of a tombstone the name alone, which a re-hire may be found by. */
  readonly search: JsonObject
  readonly fields: Fields
  readonly fieldSources: Readonly<Record<string, FieldSource>>
  readonly directManager: string | null
  /** The manager that the IdP named and that is no managed user here. */
  readonly pendingManager: string | null
  readonly links: readonly Link[]
  /** Of a tombstone: the groups that it left, for the case that it is revived. */
  readonly formerGroups?: readonly string[]
  /** Counts every change. */
  readonly version: number
  /** Counts changes of the SCIM representation. */
  readonly scimVersion: number
  /** Counts changes of `fields`. */
  readonly fieldsVersion: number
  /** Of the last applied proposals; 0: none yet. */
  readonly mappingSetVersion: number
  readonly rulesVersion: number
  /** Of the last applied proposal of links. */
  readonly linksRevision?: number
  /** Of the SCIM representation. */
  readonly meta: { readonly created: Date; readonly lastModified: Date }
  readonly changedAt: Date
}

export const users = defineCollection<UserDocument>({
  name: 'users',
  scope: 'instance',
  schema: {
    scimSyncId: String,
    userName: { type: String, required: true },
    externalId: String,
    state: { type: String, required: true },
    protected: { type: Boolean, required: true },
    role: String,
    pickUpUndone: Boolean,
    visible: { type: Boolean, required: true },
    scim: { type: Object, required: true },
    search: { type: Object, required: true },
    fields: { type: Object, required: true },
    fieldSources: { type: Object, required: true },
    directManager: String,
    pendingManager: String,
    links: { type: [Object], required: true },
    formerGroups: [String],
    version: { type: Number, required: true },
    scimVersion: { type: Number, required: true },
    fieldsVersion: { type: Number, required: true },
    mappingSetVersion: { type: Number, required: true },
    rulesVersion: { type: Number, required: true },
    linksRevision: Number,
    meta: { created: { type: Date, required: true }, lastModified: { type: Date, required: true } },
    changedAt: { type: Date, required: true },
  },
  indexes: [
    { keys: { instanceId: 1, visible: 1, _id: 1 } },
    { keys: { instanceId: 1, visible: 1, 'scim.active': 1, _id: 1 } },
    { keys: { instanceId: 1, visible: 1, 'meta.lastModified': 1, _id: 1 } },
    { keys: { instanceId: 1, 'search.userName': 1 } },
    { keys: { instanceId: 1, 'scim.externalId': 1 } },
    { keys: { instanceId: 1, 'search.emails.value': 1 } },
    // Most users have no pending manager, and hardly any a role.
    { keys: { instanceId: 1, pendingManager: 1 }, options: ofText('pendingManager') },
    { keys: { instanceId: 1, directManager: 1 }, options: ofText('directManager') },
    { keys: { instanceId: 1, role: 1, _id: 1 }, options: ofText('role') },
  ],
})

/** One user name, across all instances: `_id` is the folded name. */
export interface UserNameClaim {
  readonly _id: string
  readonly instanceId: string
  readonly userId: string
}

/** Apart from `users`, so that those can be sharded by instance. */
export const userNames = defineCollection<UserNameClaim>({
  name: 'userNames',
  scope: 'global',
  schema: {
    instanceId: { type: String, required: true },
    userId: { type: String, required: true },
  },
})
