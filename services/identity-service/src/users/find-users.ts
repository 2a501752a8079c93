import type { UserSnapshot } from '@user-provisioning/contracts/reply'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { exactLookup } from '@user-provisioning/scim/exact-lookup'
import { parseFilter } from '@user-provisioning/scim/filter-parser'
import { userType } from '@user-provisioning/scim/schema'
import { readGroupsOf } from '../memberships/read-memberships.ts'
import { findResources, pageOfOne } from '../queries/find-resources.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import type { Reading } from '../queries/reading.ts'
import { resourceQuery } from '../queries/resource-filter.ts'
import { seenByName, whatIsSeen } from '../queries/what-is-seen.ts'
import { type UserDocument, users } from './user-document.ts'
import { userSnapshot } from './user-presenter.ts'

/** Where the users of a page have more, each is read alone as the answer is written: it would not fit into memory. */
const mostMembershipsOfPage = 10_000

/** The users that a filter finds, native ones too; `userName eq` has a way of its own, since an IdP asks nothing else. */
export const findUsers: Answering<QueryOf<'FindUsers'>> = async (message, reading) => {
  const { instanceId, withGroups } = message
  const filter = message.filter === null ? null : parseFilter(message.filter, userType)
  const name = filter === null ? undefined : exactLookup(filter, 'userName', userType)
  if (name === undefined) return reading.inLane(message, () => findByFilter(message, filter, reading))
  const { seen, wouldPickUp } = await seenByName(await reading.userNamed({ instanceId, name }), reading)
  const { total, found } = pageOfOne(seen, message)
  const resources = found.map(async (one) =>
    userSnapshot(one, withGroups ? await reading.groupsOf({ instanceId, id: one._id }) : []),
  )
  return { outcome: 'list', total, resources: await Promise.all(resources), ...wouldPickUp }
}

async function findByFilter(
  message: QueryOf<'FindUsers'>,
  filter: ReturnType<typeof parseFilter> | null,
  { mongo, pickUpMode }: Reading,
) {
  const { instanceId, withGroups } = message
  const query = whatIsSeen(await resourceQuery(filter, userType, instanceId, mongo), await pickUpMode(instanceId))
  const { total, found, next } = await findResources(mongo.bound(users, instanceId), query, message, userType)
  const resources = await userSnapshots(mongo, instanceId, found, withGroups)
  return { outcome: 'list' as const, total, resources, ...(next && { next }) }
}

/** Users as a list shows them. */
export async function userSnapshots(
  mongo: Mongo,
  instanceId: string,
  found: readonly UserDocument[],
  withGroups: boolean,
): Promise<UserSnapshot[]> {
  const keys = found.map(({ _id: id }) => ({ instanceId, id }))
  const groupsOf = withGroups ? await readGroupsOf(mongo, keys, mostMembershipsOfPage) : () => []
  return found.map((user) => userSnapshot(user, groupsOf?.({ instanceId, id: user._id }) ?? null))
}
