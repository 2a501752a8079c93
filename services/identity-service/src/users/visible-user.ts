import { Fault } from '@user-provisioning/contracts/errors'
import type { View } from '../commands/view.ts'
import { isSeen } from '../pick-ups/pick-up.ts'
import type { UserDocument } from './user-document.ts'

/**
 * The user as SCIM sees it: deleted ones, protected accounts, other instances' users, and natives where nothing is picked up,
 * are not there.
 * @throws Fault not-found
 */
export function visibleUser(instanceId: string, userId: string, view: View): UserDocument {
  const user = view.user(instanceId, userId)
  if (user === undefined || !isSeen(user, view)) throw new Fault('not-found', { type: 'user' })
  return user
}
