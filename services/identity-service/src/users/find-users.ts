import { exactLookup } from '@user-provisioning/scim/exact-lookup'
import { parseFilter } from '@user-provisioning/scim/filter-parser'
import { fold } from '@user-provisioning/scim/fold'
import { userType } from '@user-provisioning/scim/schema'
import { readGroupsOf } from '../memberships/read-memberships.ts'
import { findByName, findResources } from '../queries/find-resources.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { resourceQuery } from '../queries/resource-filter.ts'
import { users } from './user-document.ts'
import { userSnapshot } from './user-presenter.ts'

/** The users that a filter finds, native ones too; `userName eq` has a way of its own, since an IdP asks nothing else. */
export const findUsers: Answering<QueryOf<'FindUsers'>> = async (message, mongo) => {
  const { instanceId, withGroups } = message
  const filter = message.filter === null ? null : parseFilter(message.filter, userType)
  const name = filter === null ? undefined : exactLookup(filter, 'userName', userType)
  const collection = mongo.bound(users, instanceId)
  const { total, found } =
    name === undefined
      ? await findResources(collection, await resourceQuery(filter, userType, instanceId, mongo), message, userType)
      : await findByName(collection, 'search.userName', fold(name), message)
  const ids = found.map(({ _id }) => _id)
  const groups = withGroups ? await readGroupsOf(mongo, instanceId, ids) : undefined
  const resources = found.map((user) => userSnapshot(user, groups?.get(user._id) ?? []))
  return { outcome: 'list', total, resources }
}
