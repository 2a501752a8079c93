import type { Actor } from '@user-provisioning/contracts/actor'
import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import type { CustomField } from '@user-provisioning/contracts/fields'
import type { Settings } from '@user-provisioning/contracts/settings'
import type { InstanceRecord } from '@user-provisioning/contracts/states'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'

/** Settings as they lie in the instance's document, which every command reads anyhow. */
export interface SavedSettings extends Settings {
  readonly version: number
  readonly changedAt: Date
  readonly changedBy: Actor
}

/** One installation of the product: the tenant boundary. */
export interface InstanceDocument {
  readonly _id: string
  readonly name: string
  /** Folded: unique. */
  readonly searchName: string
  readonly label: 'production' | 'sandbox' | 'test'
  readonly state: 'active' | 'suspended' | 'deleting'
  /** The fields that the instance declared beside the standard ones. */
  readonly customFields?: readonly CustomField[]
  /** How it is provisioned; none: the defaults. */
  readonly settings?: SavedSettings
  readonly version: number
  readonly createdAt: Date
  readonly createdBy: Actor
  readonly changedAt: Date
  readonly changedBy: Actor
}

export const instances = defineCollection<InstanceDocument>({
  name: 'instances',
  scope: 'global',
  schema: {
    name: { type: String, required: true },
    searchName: { type: String, required: true },
    label: { type: String, required: true },
    state: { type: String, required: true },
    customFields: [Object],
    settings: Object,
    version: { type: Number, required: true },
    createdAt: { type: Date, required: true },
    createdBy: { type: Object, required: true },
    changedAt: { type: Date, required: true },
    changedBy: { type: Object, required: true },
  },
  indexes: [{ keys: { searchName: 1 }, options: { unique: true } }],
})

export function presentInstance(instance: InstanceDocument): AdminAnswer<'readInstance'> {
  const { _id: id, name, label, state, version, createdBy, changedBy } = instance
  return {
    id,
    name,
    label,
    state,
    version,
    createdAt: instance.createdAt.toISOString(),
    createdBy,
    changedAt: instance.changedAt.toISOString(),
    changedBy,
  }
}

/** What every replica of every service knows of the instance. */
export function instanceRecord({
  _id: id,
  name,
  state,
  customFields,
  settings,
  version,
}: InstanceDocument): InstanceRecord {
  return {
    id,
    name,
    state,
    version,
    ...(customFields ? { customFields: [...customFields] } : {}),
    ...(settings ? { matchingAttribute: settings.matchingAttribute } : {}),
  }
}
