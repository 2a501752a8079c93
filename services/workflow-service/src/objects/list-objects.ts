import { decodeCursor, encodeCursor } from '@user-provisioning/contracts/admin/cursor'
import type { AdminAnswer, AdminQuery } from '@user-provisioning/contracts/admin-requests'
import type { CollectionReads } from '@user-provisioning/mongo/collection-reads'
import { fold } from '@user-provisioning/scim/fold'
import { presentObject, type StoredObject } from './object.ts'

/**
 * A page of an instance's objects in the order of their ids; `name` is the whole name, in any case.
 * @throws ScimError cursor-invalid
 */
export async function listObjects(
  found: Pick<CollectionReads<StoredObject>, 'find'>,
  instanceId: string,
  query: AdminQuery<'listObjects'>,
  now: Date,
): Promise<AdminAnswer<'listObjects'>> {
  const list = ['listObjects', instanceId, query.type, query.name]
  const [after] = query.after === undefined ? [] : decodeCursor(list, query.after, 1)
  const objects = await found.find(
    {
      ...(query.type === undefined ? {} : { type: query.type }),
      ...(query.name === undefined ? {} : { foldedName: fold(query.name) }),
      ...(after === undefined ? {} : { _id: { $gt: after } }),
    },
    { sort: { _id: 1 }, limit: query.limit + 1 },
  )
  const page = objects.slice(0, query.limit)
  const last = page.at(-1)
  return {
    items: page.map(presentObject),
    next: last && objects.length > page.length ? encodeCursor(list, [last._id]) : null,
    asOf: now.toISOString(),
  }
}
