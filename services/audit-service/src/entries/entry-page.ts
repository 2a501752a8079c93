import { decodeCursor, encodeCursor } from '@user-provisioning/contracts/admin/cursor'
import type { AdminQuery } from '@user-provisioning/contracts/admin-requests'
import type { IndexDefinition } from '@user-provisioning/mongo/collection-definition'
import type { CollectionReads } from '@user-provisioning/mongo/collection-reads'
import type { Query } from '@user-provisioning/mongo/write'
import { ScimError } from '@user-provisioning/scim/errors'
import { fold } from '@user-provisioning/scim/fold'

/** What both lists can be asked for. */
export type EntryQuery = AdminQuery<'readProvisioningLog' | 'readChangeHistory'>

/** Both lists are read by time, of everybody or of one person, newest first. */
export const entryIndexes: readonly IndexDefinition[] = [
  { keys: { instanceId: 1, at: -1, _id: -1 } },
  { keys: { instanceId: 1, persons: 1, at: -1, _id: -1 } },
]

interface Listed {
  readonly _id: string
  readonly at: Date
}

/**
 * One page of a list of entries, newest first, the id breaking ties.
 * @param list operation and instance, which the cursor is bound to together with the filters
 * @throws ScimError cursor-invalid
 */
export async function readEntryPage<Entry extends Listed>(
  entries: Pick<CollectionReads<Entry>, 'find'>,
  list: { operation: string; instanceId: string },
  query: EntryQuery,
): Promise<{ entries: Entry[]; next: string | null }> {
  const identity = [list.operation, list.instanceId, query.person, query.from, query.to]
  const after = query.after === undefined ? undefined : positionOf(decodeCursor(identity, query.after, 2))
  const found = await entries.find(entryFilter(query, after), {
    sort: { at: -1, _id: -1 },
    limit: query.limit + 1,
  })
  const page = found.slice(0, query.limit)
  const last = page.at(-1)
  const next = last && found.length > page.length ? encodeCursor(identity, [last.at.toISOString(), last._id]) : null
  return { entries: page, next }
}

/** The filter of a page: the half-open range of time, the person by id or by the name it had, and what lies behind `after`. */
export function entryFilter(query: EntryQuery, after: Listed | undefined): Query {
  const { person, from, to } = query
  const at = {
    ...(from === undefined ? {} : { $gte: new Date(from) }),
    ...(to === undefined ? {} : { $lt: new Date(to) }),
  }
  return {
    ...(person === undefined ? {} : { persons: fold(person) }),
    ...(Object.keys(at).length === 0 ? {} : { at }),
    // The first clause bounds the index scan, the second leaves out what the page before had of the same moment.
    ...(after === undefined
      ? {}
      : { $and: [{ at: { $lte: after.at } }, { $or: [{ at: { $lt: after.at } }, { _id: { $lt: after._id } }] }] }),
  }
}

function positionOf([at = '', _id = '']: readonly string[]): Listed {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) throw new ScimError('cursor-invalid')
  return { at: date, _id }
}
