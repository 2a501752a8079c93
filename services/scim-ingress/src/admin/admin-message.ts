import type { Actor } from '@user-provisioning/contracts/actor'
import type { AdminRoute } from '@user-provisioning/contracts/admin/route'
import type { OperationId } from '@user-provisioning/contracts/admin/routes'
import { type AdminRequest, messageType } from '@user-provisioning/contracts/admin-requests'
import { entityKey, newId } from '@user-provisioning/contracts/ids'
import type { Topic } from '@user-provisioning/contracts/topic'
import { topics } from '@user-provisioning/contracts/topics'

/** An admin request that was found to be in order: by whom, of the right shape. */
export interface CheckedRequest {
  readonly route: AdminRoute
  readonly requestId: string
  readonly actor: Actor
  readonly parameters: Readonly<Record<string, string>>
  readonly query: AdminRequest['query']
  readonly body: AdminRequest['body']
  readonly fingerprint: string | null
  /** Milliseconds since 1970. */
  readonly arrivedAt: number
  readonly deadlineAt: number
}

export interface AddressedMessage {
  readonly topic: Topic
  readonly key: string | null
  readonly value: AdminRequest
}

/** Where a route's messages go: a read of identity-service never queues behind a write. */
function topicOf(route: Pick<AdminRoute, 'owner' | 'kind' | 'operationId'>): Topic {
  switch (route.owner) {
    case 'identity-service':
      return route.kind === 'query' ? topics.identityQueries : topics.identityRequests
    case 'workflow-service':
      return topics.workflowRequests
    case 'audit-service':
      return topics.auditRequests
    default:
      throw new Error(`${route.operationId}: ${route.owner} takes no admin requests`)
  }
}

/** The message that carries an admin request to the owner of its resource, with the key that it is ordered by. */
export function adminMessage(request: CheckedRequest): AddressedMessage {
  const { route, parameters } = request
  const instanceId = parameters.instanceId ?? null
  const entityId = entityOf(route, parameters, instanceId)
  return {
    topic: topicOf(route),
    key: keyOf(route, instanceId, entityId),
    value: {
      type: messageType(route.operationId as OperationId),
      requestId: request.requestId,
      instanceId,
      entityId,
      actor: request.actor,
      at: new Date(request.arrivedAt).toISOString(),
      deadlineAt: new Date(request.deadlineAt).toISOString(),
      fingerprint: request.fingerprint,
      parameters,
      query: request.query,
      body: request.body,
    },
  }
}

function entityOf(
  route: AdminRoute,
  parameters: Readonly<Record<string, string>>,
  instanceId: string | null,
): string | null {
  if (route.entity === 'minted') return newId()
  if (route.entity === 'instance') return instanceId
  return parameters[route.entity.parameter] ?? null
}

function keyOf(route: AdminRoute, instanceId: string | null, entityId: string | null): string | null {
  if (route.owner !== 'identity-service') return instanceId
  if (route.kind === 'query') return null
  if (entityId === null) throw new Error(`${route.operationId} is ordered with nothing`)
  // A new instance is its own: the key that everything about it will have.
  return entityKey(instanceId ?? entityId, entityId)
}
