import { Fault } from '@user-provisioning/contracts/errors'
import type { View } from '../commands/view.ts'
import { requirePickUp } from '../pick-ups/pick-up.ts'
import type { UserDocument } from './user-document.ts'

/**
 * Who holds a user name beside the user itself: nobody, or the native of this instance that may be picked up under it.
 * @throws Fault user-name-taken-elsewhere, user-name-taken, pick-up-refused
 */
export function nativeNamed(instanceId: string, userName: string, view: View): UserDocument | undefined {
  const claim = view.userName(userName)
  if (claim === undefined) return undefined
  if (claim.instanceId !== instanceId) throw new Fault('user-name-taken-elsewhere', { userName })
  const holder = view.user(instanceId, claim.userId)
  if (holder === undefined || holder.scimSyncId !== null) throw new Fault('user-name-taken', { userName })
  requirePickUp(holder, holder.userName, view)
  return holder
}

/**
 * Refuses a name that another user holds, native ones too.
 * @throws Fault user-name-taken, user-name-taken-elsewhere
 */
export function requireFreeName(instanceId: string, userId: string, userName: string, view: View): void {
  const claim = view.userName(userName)
  if (claim === undefined || claim.userId === userId) return
  throw new Fault(claim.instanceId === instanceId ? 'user-name-taken' : 'user-name-taken-elsewhere', { userName })
}
