import type { Warning } from '@user-provisioning/contracts/actor'
import { describeFault } from '@user-provisioning/contracts/errors'
import { type JsonObject, type JsonValue, member } from '@user-provisioning/scim/json'
import { enterpriseUserSchema } from '@user-provisioning/scim/schema'
import type { View } from '../commands/view.ts'
import type { UserDocument } from './user-document.ts'

const path = `${enterpriseUserSchema}:manager`

export interface DirectManager {
  readonly directManager: string | null
  readonly pendingManager: string | null
  readonly warnings: readonly Warning[]
}

/** The manager's id that a SCIM user names; null where it names none. */
export function managerIn(scim: JsonObject): string | null {
  const value = member(member(member(scim, enterpriseUserSchema), 'manager'), 'value')
  return typeof value === 'string' && value !== '' ? value : null
}

/** The manager's id in the value of a PATCH operation on a path, if it may be one. */
export function managerInPatch(operation: { path?: string | undefined; value?: JsonValue | undefined }): string | null {
  if (!operation.path?.toLowerCase().includes('manager')) return null
  const id = member(operation.value, 'value') ?? operation.value
  return typeof id === 'string' && id !== '' ? id : null
}

/**
 * The Direct Manager of a user with this resource: the managed user of the instance that it names. One that is unknown,
 * native or deleted is accepted and kept as pending (PRODUCT.md 3.3). One that is named as before stays as it is.
 */
export function directManagerOf(before: UserDocument, scim: JsonObject, view: View): DirectManager {
  const id = managerIn(scim)
  if (id === null) return { directManager: null, pendingManager: null, warnings: [] }
  if (before.scimSyncId !== null && managerIn(before.scim) === id) {
    return { directManager: before.directManager, pendingManager: before.pendingManager, warnings: [] }
  }
  const manager = view.user(before.instanceId, id)
  if (id === before._id || (manager?.visible && manager.scimSyncId !== null)) {
    return { directManager: id, pendingManager: null, warnings: [] }
  }
  const { detail } = describeFault({ code: 'manager-pending', slots: { reference: id } })
  return { directManager: null, pendingManager: id, warnings: [{ code: 'manager-pending', path, detail }] }
}
