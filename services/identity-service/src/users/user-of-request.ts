import { requireVersion } from '@user-provisioning/contracts/admin/if-match'
import { type AdminRequest, instanceOf } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import type { View } from '../commands/view.ts'
import type { UserDocument } from './user-document.ts'

/** The user that an admin request names. */
export function userIn(message: AdminRequest): { instanceId: string; userId: string } {
  return { instanceId: instanceOf(message), userId: message.parameters.userId ?? '' }
}

/**
 * The user that an admin request is about, as long as it is there and the request's If-Match holds.
 * @param verb what is asked, for the refusal of a protected account: those are changed as integration users
 * @throws Fault not-found, precondition-failed, state-conflict
 */
export function userOf(message: AdminRequest, verb: string, view: View): UserDocument {
  const { instanceId, userId } = userIn(message)
  const user = view.user(instanceId, userId)
  if (user === undefined || user.state === 'deleted') throw new Fault('not-found', { type: 'user' })
  requireVersion(message, user)
  if (user.protected) throw new Fault('state-conflict', { thing: user.userName, state: 'a protected account', verb })
  return user
}

/** @throws Fault managed-by-idp */
export function requireNative(user: UserDocument, member: string): UserDocument {
  if (user.scimSyncId !== null) throw new Fault('managed-by-idp', { name: user.userName, member })
  return user
}
