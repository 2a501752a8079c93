import type { OperationId } from '@user-provisioning/contracts/admin/routes'
import type { AdminQuery, AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { type InstanceDocument, instances } from '../instances/instance-document.ts'

/** The query's parameters, which the ingress has read by the route's record: its transformations are done. */
export function parametersOf<Operation extends OperationId>(message: AdminRequest, _operation: Operation) {
  return message.query as AdminQuery<Operation>
}

/**
 * The instance that an admin query is about.
 * @throws Fault not-found
 */
export async function instanceOf(message: AdminRequest, mongo: Mongo): Promise<InstanceDocument> {
  const instance =
    message.instanceId === null ? undefined : await mongo.global(instances).findOne({ _id: message.instanceId })
  if (instance === undefined) throw new Fault('not-found', { type: 'instance' })
  return instance
}
