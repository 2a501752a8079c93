import type { Warning } from '@user-provisioning/contracts/actor'
import { describeFault } from '@user-provisioning/contracts/errors'
import { type JsonObject, type JsonValue, member } from '@user-provisioning/scim/json'
import { enterpriseUserSchema } from '@user-provisioning/scim/schema'
import type { View } from '../commands/view.ts'
import type { UserDocument } from './user-document.ts'

const path = `${enterpriseUserSchema}:manager`
/** Deeper than any organisation: a chain of managers is followed no further. */
export const longestChain = 32

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
    const after = { ...before, directManager: id }
    return { directManager: id, pendingManager: null, warnings: managerWarnings(after, view) }
  }
  return { directManager: null, pendingManager: id, warnings: [managerPending(id)] }
}

/** The warning that a manager is nobody who can be one yet. */
export function managerPending(managerId: string): Warning {
  const { detail } = describeFault({ code: 'manager-pending', slots: { reference: managerId } })
  return { code: 'manager-pending', path, detail }
}

/**
 * The warning that a user's managers lead back to it, which is not refused: an IdP sets managers one after the other, and a
 * circle in between is no fault of the last.
 * @param changed a user whose Direct Manager is another than the view has
 */
export function managerWarnings(user: UserDocument, view: View, changed: UserDocument = user): Warning[] {
  const chain = [user._id]
  let id = user.directManager
  while (id !== null && chain.length <= longestChain) {
    chain.push(id)
    if (id === user._id) {
      const { detail } = describeFault({ code: 'reference-cycle', slots: { chain: chain.join(', ') } })
      return [{ code: 'reference-cycle', path, detail }]
    }
    id = id === changed._id ? changed.directManager : view.managerOf(user.instanceId, id)
  }
  return []
}
