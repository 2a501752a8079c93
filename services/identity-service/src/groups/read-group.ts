import { Fault } from '@user-provisioning/contracts/errors'
import { adminReply } from '@user-provisioning/contracts/reply'
import { memberships } from '../memberships/membership-document.ts'
import { instanceOf } from '../queries/admin-query.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { groups } from './group-document.ts'
import { presentGroup } from './group-presenter.ts'

/** One group as the admin API shows it, with the number of its members. */
export const readGroup: Answering<QueryOf<'ReadGroup'>> = async (message, { mongo }) => {
  const { _id: instanceId } = await instanceOf(message, mongo)
  const groupId = message.parameters.groupId ?? ''
  const [group, memberCount] = await Promise.all([
    mongo.bound(groups, instanceId).findOne({ _id: groupId }),
    mongo.bound(memberships, instanceId).count({ groupId, pending: false }),
  ])
  if (group?.state !== 'active') throw new Fault('not-found', { type: 'group' })
  return adminReply(presentGroup(group, memberCount))
}
