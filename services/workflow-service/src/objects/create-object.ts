import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import type { WorkflowFact } from '@user-provisioning/contracts/engine-facts'
import { Fault } from '@user-provisioning/contracts/errors'
import { entityKey, factId } from '@user-provisioning/contracts/ids'
import { topics } from '@user-provisioning/contracts/topics'
import type { Decision } from '@user-provisioning/mongo/committer'
import { insert } from '@user-provisioning/mongo/write'
import { fold } from '@user-provisioning/scim/fold'
import { presentObject, type StoredObject } from './object.ts'
import { type ObjectBook, type ObjectName, objects } from './object-store.ts'

/** The object that a request asks for, under the id that the ingress minted. */
export function requestedObject(request: AdminRequest): ObjectName & { readonly id: string } {
  const { instanceId, entityId } = request
  if (instanceId === null || entityId === null) throw new Fault('internal-error', {}, { internal: 'no instance or id' })
  const { type, name } = adminRoutes.createObject.body.parse(request.body)
  return { instanceId, id: entityId, type, name }
}

/** Creates the object, unless its instance has one of this type and name already. Does not link anybody by itself. */
export function createObject(request: AdminRequest, book: ObjectBook, now: Date): Decision {
  const { instanceId, id, type, name } = requestedObject(request)
  if (book.find({ instanceId, type, name })) {
    const slots = { type: type.replaceAll('-', ' '), name }
    return { reply: { outcome: 'refused', fault: { code: 'name-taken', slots } } }
  }
  const object: StoredObject = {
    _id: id,
    instanceId,
    type,
    name,
    foldedName: fold(name),
    version: 1,
    createdAt: now,
    changedAt: now,
  }
  book.add(object)
  const fact: WorkflowFact = {
    type: 'ObjectCreated',
    id: factId(request.requestId, 0),
    instanceId,
    entityId: id,
    at: now.toISOString(),
    correlationId: request.requestId,
    objectType: type,
    name,
    actor: request.actor,
  }
  return {
    writes: [insert(objects, instanceId, object)],
    announcements: [
      { topic: topics.workflowFacts.name, key: entityKey(instanceId, id), type: fact.type, id: fact.id, value: fact },
    ],
    reply: { outcome: 'admin', result: presentObject(object) },
  }
}
