import { Fault } from '@user-provisioning/contracts/errors'
import { pageFrom, readMembersOf } from '../memberships/read-memberships.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { groupSnapshot } from './group-presenter.ts'

/** One group as SCIM shows it, with the members that fit into one answer. */
export const readScimGroup: Answering<QueryOf<'ReadScimGroup'>> = async (message, reading) => {
  const { instanceId, groupId, withMembers } = message
  const group = await reading.group({ instanceId, id: groupId })
  if (group === undefined || !(await reading.isSeen(group))) throw new Fault('not-found', { type: 'group' })
  if (!withMembers) return { outcome: 'read', resource: groupSnapshot(group, null) }
  const members = await reading.inLane(message, () =>
    readMembersOf(reading.mongo, instanceId, [{ id: groupId, after: '' }]),
  )
  return { outcome: 'read', resource: groupSnapshot(group, members.get(groupId) ?? pageFrom('')) }
}
