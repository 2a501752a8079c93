import { type AdminRequest, instanceOf } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import type { View } from '../commands/view.ts'
import type { GroupDocument } from './group-document.ts'

/** The group that an admin request names. */
export function groupIn(message: AdminRequest): { instanceId: string; groupId: string } {
  return { instanceId: instanceOf(message), groupId: message.parameters.groupId ?? '' }
}

/**
 * A group that is the product's own to change.
 * @param member what is to be changed about it
 * @throws Fault not-found; managed-by-idp
 */
export function nativeGroup(instanceId: string, groupId: string, view: View, member: string): GroupDocument {
  const group = view.group(instanceId, groupId)
  if (group?.state !== 'active') throw new Fault('not-found', { type: 'group' })
  if (group.scimSyncId !== null) throw new Fault('managed-by-idp', { name: group.displayName, member })
  return group
}
