import { Fault } from '@user-provisioning/contracts/errors'
import type { Answering, QueryOf } from '../queries/query.ts'
import { userSnapshot } from './user-presenter.ts'

/** One user as SCIM shows it. */
export const readScimUser: Answering<QueryOf<'ReadScimUser'>> = async (message, reading) => {
  const key = { instanceId: message.instanceId, id: message.userId }
  const [user, groups] = await Promise.all([reading.user(key), message.withGroups ? reading.groupsOf(key) : []])
  if (user === undefined || !(await reading.isSeen(user))) throw new Fault('not-found', { type: 'user' })
  return { outcome: 'read', resource: userSnapshot(user, groups) }
}
