import { Fault } from '@user-provisioning/contracts/errors'
import { readMembersOf } from '../memberships/read-memberships.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { groups } from './group-document.ts'
import { groupSnapshot } from './group-presenter.ts'

/** One group as SCIM shows it. */
export const readScimGroup: Answering<QueryOf<'ReadScimGroup'>> = async (message, mongo) => {
  const { instanceId, groupId, withMembers } = message
  const group = await mongo.bound(groups, instanceId).findOne({ _id: groupId })
  if (!group?.visible) throw new Fault('not-found', { type: 'Group' })
  const members = withMembers ? await readMembersOf(mongo, instanceId, [groupId]) : undefined
  return { outcome: 'read', resource: groupSnapshot(group, members ? (members.get(groupId) ?? []) : null) }
}
