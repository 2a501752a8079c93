import { Fault } from '@user-provisioning/contracts/errors'
import { readGroupsOf } from '../memberships/read-memberships.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { users } from './user-document.ts'
import { userSnapshot } from './user-presenter.ts'

/** One user as SCIM shows it. */
export const readScimUser: Answering<QueryOf<'ReadScimUser'>> = async ({ instanceId, userId, withGroups }, mongo) => {
  const [user, groups] = await Promise.all([
    mongo.bound(users, instanceId).findOne({ _id: userId }),
    withGroups ? readGroupsOf(mongo, instanceId, [userId]) : undefined,
  ])
  if (!user?.visible) throw new Fault('not-found', { type: 'User' })
  return { outcome: 'read', resource: userSnapshot(user, groups?.get(userId) ?? []) }
}
