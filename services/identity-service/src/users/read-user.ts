import { Fault } from '@user-provisioning/contracts/errors'
import { adminReply } from '@user-provisioning/contracts/reply'
import { instanceOf, parametersOf } from '../queries/admin-query.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { presentUser } from './user-presenter.ts'

/** One user as the admin API shows it, with the parts asked for. */
export const readUser: Answering<QueryOf<'ReadUser'>> = async (message, reading) => {
  const { _id: instanceId } = await instanceOf(message, reading.mongo)
  const userId = message.parameters.userId ?? ''
  const user = await reading.user({ instanceId, id: userId })
  if (user === undefined || user.state === 'deleted') throw new Fault('not-found', { type: 'user' })
  const { include = [] } = parametersOf(message, 'readUser')
  const groups = include.includes('groups')
    ? (await reading.groupsOf({ instanceId, id: userId })).filter(({ direct }) => direct)
    : undefined
  return adminReply({
    ...presentUser(user),
    ...(include.includes('scim') ? { scim: user.scim } : {}),
    ...(groups === undefined ? {} : { groups: groups.map(({ id, name }) => ({ id, displayName: name })) }),
  })
}
