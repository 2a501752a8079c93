import { decodeCursor, encodeCursor } from '@user-provisioning/contracts/admin/cursor'
import { Fault } from '@user-provisioning/contracts/errors'
import { adminReply } from '@user-provisioning/contracts/reply'
import { groupIn } from '../groups/native-group.ts'
import { parametersOf } from '../queries/admin-query.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { readMembersOf } from './read-memberships.ts'

/** The members of a group in the order of their ids, without those that are not here yet. */
export const listMembers: Answering<QueryOf<'ListMembers'>> = async (message, reading) => {
  const { instanceId, groupId } = groupIn(message)
  const { limit, after: cursor } = parametersOf(message, 'listMembers')
  const list = ['listMembers', instanceId, groupId]
  const [after = ''] = cursor === undefined ? [] : decodeCursor(list, cursor, 1)
  const asOf = new Date().toISOString()
  const group = await reading.group({ instanceId, id: groupId })
  if (group?.state !== 'active') throw new Fault('not-found', { type: 'group' })
  const pages = await readMembersOf(reading.mongo, instanceId, [{ id: groupId, after }], limit)
  const { members = [], moreAfter } = pages.get(groupId) ?? {}
  return adminReply({ items: members, next: moreAfter === undefined ? null : encodeCursor(list, [moreAfter]), asOf })
}
