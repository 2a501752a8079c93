import { exactLookup } from '@user-provisioning/scim/exact-lookup'
import { parseFilter } from '@user-provisioning/scim/filter-parser'
import { fold } from '@user-provisioning/scim/fold'
import { groupType } from '@user-provisioning/scim/schema'
import { readMembersOf } from '../memberships/read-memberships.ts'
import { findByName, findResources } from '../queries/find-resources.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { resourceQuery } from '../queries/resource-filter.ts'
import { groups } from './group-document.ts'
import { groupSnapshot } from './group-presenter.ts'

/** The groups that a filter finds, native ones too; `displayName eq` has a way of its own. */
export const findGroups: Answering<QueryOf<'FindGroups'>> = async (message, mongo) => {
  const { instanceId, withMembers } = message
  const filter = message.filter === null ? null : parseFilter(message.filter, groupType)
  const name = filter === null ? undefined : exactLookup(filter, 'displayName', groupType)
  const collection = mongo.bound(groups, instanceId)
  const { total, found } =
    name === undefined
      ? await findResources(collection, await resourceQuery(filter, groupType, instanceId, mongo), message, groupType)
      : await findByName(collection, 'search.displayName', fold(name), message)
  const ids = found.map(({ _id }) => _id)
  const members = withMembers ? await readMembersOf(mongo, instanceId, ids) : undefined
  const resources = found.map((group) => groupSnapshot(group, members ? (members.get(group._id) ?? []) : null))
  return { outcome: 'list', total, resources }
}
