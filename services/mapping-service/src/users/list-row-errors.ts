import { decodeCursor, encodeCursor } from '@user-provisioning/contracts/admin/cursor'
import type { AdminAnswer, AdminQuery } from '@user-provisioning/contracts/admin-requests'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { type StoredUserCopy, userCopies } from './user-copy-store.ts'

type RowErrors = AdminAnswer<'listRowErrors'>

/**
 * A page of the rows that gave no value for a user when they were last applied, or had to choose (4.6); by user. All of a
 * user's rows are on one page, so that one may have a few more than `limit`.
 * @throws ScimError cursor-invalid
 */
export async function listRowErrors(
  mongo: Pick<Mongo, 'bound'>,
  instanceId: string,
  { limit, after, userId }: AdminQuery<'listRowErrors'>,
): Promise<RowErrors> {
  const list = ['listRowErrors', instanceId, userId]
  const from = after === undefined ? {} : { $gt: decodeCursor(list, after, 1)[0] }
  const id = userId === undefined ? from : { ...from, $eq: userId }
  const copies = await mongo
    .bound(userCopies, instanceId)
    .find(
      { 'problems.code': { $gt: '' }, ...(Object.keys(id).length === 0 ? {} : { _id: id }) },
      { sort: { _id: 1 }, limit: limit + 1 },
    )
  const items: RowErrors['items'] = []
  const page = copies.slice(0, limit).filter((copy) => {
    if (items.length < limit) items.push(...errorsOf(copy))
    return items.at(-1)?.userId === copy._id
  })
  const last = page.at(-1)
  const hasMore = last !== undefined && last !== copies.at(-1)
  return { items, next: hasMore ? encodeCursor(list, [last._id]) : null, asOf: new Date().toISOString() }
}

function errorsOf(copy: StoredUserCopy): RowErrors['items'] {
  return copy.problems.map(({ rowId, path: target, code, detail }) => ({
    rowId,
    target,
    userId: copy._id,
    userName: String(copy.scim.userName ?? ''),
    code,
    detail,
    lastAt: copy.mappedAt.toISOString(),
  }))
}
