import { decodeCursor, encodeCursor } from '@user-provisioning/contracts/admin/cursor'
import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { diffRows } from './diff-rows.ts'
import { defaultMappingSet, type MappingSet } from './mapping-set.ts'
import {
  mappingSets,
  mappingVersions,
  presentRows,
  presentVersion,
  type SavedSet,
  versionId,
} from './mapping-set-store.ts'

type Store = Pick<Mongo, 'bound'>

/** The rows that an instance has now. */
export async function currentSet(mongo: Store, instanceId: string): Promise<MappingSet | SavedSet> {
  return (await mongo.bound(mappingSets, instanceId).findOne({ _id: instanceId })) ?? defaultMappingSet
}

/**
 * One version of an instance's rows; version 1 are the predefined ones.
 * @throws Fault not-found
 */
export async function versionOf(mongo: Store, instanceId: string, version: number): Promise<MappingSet | SavedSet> {
  if (version === defaultMappingSet.version) return defaultMappingSet
  const found = await mongo.bound(mappingVersions, instanceId).findOne({ _id: versionId(instanceId, version) })
  if (found === undefined) throw new Fault('not-found', { type: 'version of the mapping set' })
  return found
}

/**
 * A page of the versions of an instance's rows, newest first, the predefined ones at the end.
 * @throws ScimError cursor-invalid
 */
export async function listVersions(
  mongo: Store,
  instanceId: string,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<AdminAnswer<'listMappingVersions'>> {
  const list = ['listMappingVersions', instanceId]
  const below = after === undefined ? [] : [Number(decodeCursor(list, after, 1)[0])]
  const found: (MappingSet | SavedSet)[] = await mongo
    .bound(mappingVersions, instanceId)
    .find(below.length === 0 ? {} : { version: { $lt: below[0] } }, { sort: { version: -1 }, limit: limit + 1 })
  if (found.length <= limit) found.push(defaultMappingSet)
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(presentVersion),
    next: last && found.length > page.length ? encodeCursor(list, [String(last.version)]) : null,
    asOf: new Date().toISOString(),
  }
}

/** One version with its rows. */
export function presentVersionWithRows(set: MappingSet | SavedSet): AdminAnswer<'readMappingVersion'> {
  return { ...presentVersion(set), rows: presentRows(set.rows) }
}

/** What changed from one version to another. */
export function diffVersions(from: MappingSet, to: MappingSet): AdminAnswer<'diffMappingVersions'> {
  return { from: from.version, to: to.version, changes: diffRows(from.rows, to.rows) }
}
