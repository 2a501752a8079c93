import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { type AdminRequest, instanceOf } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import { type Reply, refusal } from '@user-provisioning/contracts/reply'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { fold } from '@user-provisioning/scim/fold'
import type { ChangeNativeUser } from './change-native-request.ts'
import { users } from './user-document.ts'

/**
 * Brings the user of an imported row's name into line with the row.
 * @param request what would have created the user
 * @returns undefined: there is nothing to change
 */
export async function changeOfRow(
  request: AdminRequest,
  mongo: Pick<Mongo, 'bound'>,
  carryOut: (request: ChangeNativeUser) => Promise<Reply>,
): Promise<Reply | undefined> {
  const instanceId = instanceOf(request)
  const { userName, fields } = adminRoutes.createUser.body.parse(request.body)
  const user = await mongo.bound(users, instanceId).findOne({ 'search.userName': fold(userName), visible: true })
  // Held by a protected account, or freed a moment ago.
  if (user === undefined) return refusal(new Fault('user-name-taken', { userName }))
  const changed = Object.entries(fields).filter(([name, value]) => (user.fields[name] ?? '') !== value)
  if (changed.length === 0) return undefined
  return carryOut({
    type: 'ChangeNativeUser',
    requestId: request.requestId,
    instanceId,
    userId: user._id,
    actor: request.actor,
    fields: Object.fromEntries(changed),
    ...(request.dryRun === true ? { dryRun: true } : {}),
  })
}
