import { decodeCursor, encodeCursor, type ListIdentity } from '@user-provisioning/contracts/admin/cursor'
import { adminReply, type Reply } from '@user-provisioning/contracts/reply'
import type { CollectionReads } from '@user-provisioning/mongo/collection-reads'
import type { Query } from '@user-provisioning/mongo/write'

/** What every list of the admin API is asked for by. */
export interface PageRequest {
  readonly limit: number
  readonly after?: string | undefined
}

/**
 * One page of a list in the order of its ids.
 * @param list what the cursor is bound to: operation, instance, filters
 * @throws ScimError cursor-invalid
 */
export async function adminPage<Doc extends { _id: string }>(
  collection: CollectionReads<Doc>,
  filter: Query,
  page: PageRequest,
  list: ListIdentity,
  present: (doc: Doc) => unknown,
): Promise<Reply> {
  const asOf = new Date().toISOString()
  const [after] = page.after === undefined ? [] : decodeCursor(list, page.after, 1)
  const found = await collection.find(after === undefined ? filter : { $and: [filter, { _id: { $gt: after } }] }, {
    sort: { _id: 1 },
    limit: page.limit + 1,
  })
  const shown = found.slice(0, page.limit)
  const last = shown.at(-1)
  const next = last !== undefined && found.length > shown.length ? encodeCursor(list, [last._id]) : null
  return adminReply({ items: shown.map(present), next, asOf })
}
