import { decodeCursor, encodeCursor } from '@user-provisioning/contracts/admin/cursor'
import type { AdminAnswer, AdminQuery } from '@user-provisioning/contracts/admin-requests'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { countLinked } from '../workflow-view.ts'
import { matchKey, presentObject } from './object.ts'
import { objects } from './object-store.ts'

/**
 * A page of an instance's objects in the order of their ids; `name` is a whole name or alias, ignoring case and spaces.
 * @throws ScimError cursor-invalid
 */
export async function listObjects(
  mongo: Pick<Mongo, 'bound'>,
  instanceId: string,
  query: AdminQuery<'listObjects'>,
  now: Date,
): Promise<AdminAnswer<'listObjects'>> {
  const list = ['listObjects', instanceId, query.type, query.name]
  const [after] = query.after === undefined ? [] : decodeCursor(list, query.after, 1)
  const found = await mongo.bound(objects, instanceId).find(
    {
      ...(query.type === undefined ? {} : { type: query.type }),
      ...(query.name === undefined ? {} : { matchNames: matchKey(query.name) }),
      ...(after === undefined ? {} : { _id: { $gt: after } }),
    },
    { sort: { _id: 1 }, limit: query.limit + 1 },
  )
  const page = found.slice(0, query.limit)
  const last = page.at(-1)
  return {
    items: await Promise.all(
      page.map(async (object) => presentObject(object, await countLinked(mongo, instanceId, object._id))),
    ),
    next: last && found.length > page.length ? encodeCursor(list, [last._id]) : null,
    asOf: now.toISOString(),
  }
}
