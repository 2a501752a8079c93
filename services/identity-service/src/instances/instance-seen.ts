import { type AdminRequest, instanceOf } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import type { View } from '../commands/view.ts'
import type { InstanceDocument } from './instance-document.ts'

/** The instance that an admin request is about. @throws Fault not-found */
export function instanceSeen(message: AdminRequest, view: View): InstanceDocument {
  const instance = view.instance(instanceOf(message))
  if (instance === undefined) throw new Fault('not-found', { type: 'instance' })
  return instance
}
