import { Fault } from '@user-provisioning/contracts/errors'
import type { View } from '../commands/view.ts'
import type { UserDocument } from './user-document.ts'

/**
 * The user as SCIM sees it: deleted ones, protected accounts and other instances' users are not there.
 * @throws Fault not-found
 */
export function visibleUser(instanceId: string, userId: string, view: View): UserDocument {
  const user = view.user(instanceId, userId)
  if (!user?.visible) throw new Fault('not-found', { type: 'user' })
  return user
}
