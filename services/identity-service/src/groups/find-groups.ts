import type { GroupSnapshot } from '@user-provisioning/contracts/reply'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { exactLookup } from '@user-provisioning/scim/exact-lookup'
import { parseFilter } from '@user-provisioning/scim/filter-parser'
import { groupType } from '@user-provisioning/scim/schema'
import { readMembersOf } from '../memberships/read-memberships.ts'
import { findResources, pageOfOne } from '../queries/find-resources.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { resourceQuery } from '../queries/resource-filter.ts'
import { seenByName, whatIsSeen } from '../queries/what-is-seen.ts'
import { type GroupDocument, groups } from './group-document.ts'
import { groupSnapshot } from './group-presenter.ts'

/** The groups that a filter finds, native ones too; `displayName eq` has a way of its own. */
export const findGroups: Answering<QueryOf<'FindGroups'>> = async (message, reading) => {
  const { instanceId, withMembers } = message
  const { mongo, pickUpMode } = reading
  const filter = message.filter === null ? null : parseFilter(message.filter, groupType)
  const name = filter === null ? undefined : exactLookup(filter, 'displayName', groupType)
  if (name !== undefined && !withMembers) {
    const { seen, wouldPickUp } = await seenByName(await reading.groupNamed({ instanceId, name }), reading)
    const { total, found } = pageOfOne(seen, message)
    return { outcome: 'list', total, resources: found.map((group) => groupSnapshot(group, null)), ...wouldPickUp }
  }
  return reading.inLane(message, async () => {
    const query = whatIsSeen(await resourceQuery(filter, groupType, instanceId, mongo), await pickUpMode(instanceId))
    const { total, found, next } = await findResources(mongo.bound(groups, instanceId), query, message, groupType)
    const resources = await groupSnapshots(mongo, instanceId, found, withMembers)
    return { outcome: 'list', total, resources, ...(next && { next }) }
  })
}

/** Groups as a list shows them. */
export async function groupSnapshots(
  mongo: Mongo,
  instanceId: string,
  found: readonly GroupDocument[],
  withMembers: boolean,
): Promise<GroupSnapshot[]> {
  const wanted = found.map(({ _id: id }) => ({ id, after: '' }))
  const members = withMembers ? await readMembersOf(mongo, instanceId, wanted) : undefined
  return found.map((group) => groupSnapshot(group, members?.get(group._id) ?? null))
}
