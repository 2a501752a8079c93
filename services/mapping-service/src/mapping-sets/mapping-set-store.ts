import type { Actor } from '@user-provisioning/contracts/actor'
import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import type { MappingRow } from '@user-provisioning/contracts/mapping-set'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'
import { defaultMappingSet, type MappingSet } from './mapping-set.ts'

/** One version of an instance's rows, with who saved it. */
export interface SavedSet extends MappingSet {
  readonly instanceId: string
  readonly changedAt: Date
  readonly changedBy: Actor
  readonly comment: string | null
  readonly restoredFrom: number | null
  readonly changedRows: number
  /** The job that the save began, to apply it to everyone. */
  readonly applyJob: string | null
}

/** The current one: `_id` is the instance's. There is none before the first save. */
export type StoredMappingSet = SavedSet & { readonly _id: string }

const savedSet = {
  version: { type: Number, required: true },
  rows: { type: [Object], required: true },
  changedAt: { type: Date, required: true },
  changedBy: { type: Object, required: true },
  comment: String,
  restoredFrom: Number,
  changedRows: { type: Number, required: true },
  applyJob: String,
}

export const mappingSets = defineCollection<StoredMappingSet>({
  name: 'mappingSets',
  scope: 'instance',
  schema: savedSet,
})

/** Every version that was saved: `_id` is `<instance id>/<version>`. */
export const mappingVersions = defineCollection<StoredMappingSet>({
  name: 'mappingVersions',
  scope: 'instance',
  schema: savedSet,
  indexes: [{ keys: { instanceId: 1, version: -1 }, options: { unique: true } }],
})

export function versionId(instanceId: string, version: number): string {
  return `${instanceId}/${version}`
}

/** The sets of the instances of a group of inputs. */
export interface SetBook {
  /** The instance's rows: its own, or the predefined ones. */
  of(instanceId: string): MappingSet
  saved(instanceId: string): StoredMappingSet | undefined
  /** One that was decided on but is not stored yet: seen by the decisions that follow in its group. */
  add(set: StoredMappingSet): void
}

export function setBook(stored: readonly StoredMappingSet[]): SetBook {
  const byInstance = new Map(stored.map((set) => [set._id, set]))
  return {
    of: (instanceId) => byInstance.get(instanceId) ?? defaultMappingSet,
    saved: (instanceId) => byInstance.get(instanceId),
    add: (set) => void byInstance.set(set._id, set),
  }
}

/** The set as the admin API shows it; the predefined one was saved by nobody. */
export function presentMappingSet(instanceId: string, set: MappingSet | SavedSet): AdminAnswer<'readMappingSet'> {
  return { instanceId, rows: presentRows(set.rows), ...authorOf(set), version: set.version, applyJob: applyJobOf(set) }
}

function applyJobOf(set: MappingSet | SavedSet): string | null {
  return 'applyJob' in set ? set.applyJob : null
}

/** A version in a list of them. */
export function presentVersion(set: MappingSet | SavedSet): AdminAnswer<'listMappingVersions'>['items'][number] {
  const { restoredFrom, changedRows } = 'changedAt' in set ? set : { restoredFrom: null, changedRows: 0 }
  return { version: set.version, ...authorOf(set), restoredFrom, changedRows }
}

export function presentRows(rows: readonly MappingRow[]): MappingRow[] {
  return rows.map(({ id, source, target, readOnly, onNativeEdit }) => ({ id, source, target, readOnly, onNativeEdit }))
}

function authorOf(set: MappingSet | SavedSet) {
  if (!('changedAt' in set)) return { changedAt: null, changedBy: null, comment: null }
  return { changedAt: set.changedAt.toISOString(), changedBy: set.changedBy, comment: set.comment }
}
