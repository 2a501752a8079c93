import { exactLookup } from '@user-provisioning/scim/exact-lookup'
import { parseFilter } from '@user-provisioning/scim/filter-parser'
import { groupType } from '@user-provisioning/scim/schema'
import { readMembersOf } from '../memberships/read-memberships.ts'
import { findResources, pageOfOne } from '../queries/find-resources.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { resourceQuery } from '../queries/resource-filter.ts'
import { groups } from './group-document.ts'
import { groupSnapshot } from './group-presenter.ts'

/** The groups that a filter finds, native ones too; `displayName eq` has a way of its own. */
export const findGroups: Answering<QueryOf<'FindGroups'>> = async (message, reading) => {
  const { instanceId, withMembers } = message
  const { mongo } = reading
  const filter = message.filter === null ? null : parseFilter(message.filter, groupType)
  const name = filter === null ? undefined : exactLookup(filter, 'displayName', groupType)
  if (name !== undefined && !withMembers) {
    const { total, found } = pageOfOne(await reading.groupNamed({ instanceId, name }), message)
    return { outcome: 'list', total, resources: found.map((group) => groupSnapshot(group, null)) }
  }
  return reading.inLane(message, async () => {
    const query = await resourceQuery(filter, groupType, instanceId, mongo)
    const { total, found } = await findResources(mongo.bound(groups, instanceId), query, message, groupType)
    const ids = found.map(({ _id }) => _id)
    const members = withMembers ? await readMembersOf(mongo, instanceId, ids) : undefined
    const resources = found.map((group) => groupSnapshot(group, members ? (members.get(group._id) ?? []) : null))
    return { outcome: 'list', total, resources }
  })
}
