import type { Actor } from '@user-provisioning/contracts/actor'
import { type AdminRoute, idPrefix, ownersOf } from '@user-provisioning/contracts/admin/route'
import type { OperationId } from '@user-provisioning/contracts/admin/routes'
import { type AdminRequest, messageType } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import { entityKey, newId } from '@user-provisioning/contracts/ids'
import type { ServiceName } from '@user-provisioning/contracts/service-name'
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
  readonly ifMatch: AdminRequest['ifMatch']
  readonly dryRun: boolean
  readonly ownOnly: boolean
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
function topicOf(owner: ServiceName, { kind, operationId }: Pick<AdminRoute, 'kind' | 'operationId'>): Topic {
  switch (owner) {
    case 'identity-service':
      return kind === 'query' ? topics.identityQueries : topics.identityRequests
    case 'mapping-service':
      return topics.mappingRequests
    case 'workflow-service':
      return topics.workflowRequests
    case 'audit-service':
      return topics.auditRequests
    default:
      throw new Error(`${operationId}: ${owner} takes no admin requests`)
  }
}

/**
 * Who is asked by a route: its owner, or the owners that answer it together, or the one that an id in the path begins with.
 * @throws Fault not-found for an id of nobody
 */
export function askedBy(route: AdminRoute, parameters: Readonly<Record<string, string>>): readonly ServiceName[] {
  const owners = ownersOf(route)
  if (typeof route.owner === 'string' || !('prefixOf' in route.owner)) return owners
  const id = parameters[route.owner.prefixOf] ?? ''
  const owner = owners.find((name) => id.startsWith(idPrefix(name)))
  if (owner === undefined) throw new Fault('not-found', { type: 'job' })
  return [owner]
}

/** The message that carries an admin request to an owner of its resource, with the key that it is ordered by. */
export function adminMessage(request: CheckedRequest, owner: ServiceName): AddressedMessage {
  const { route, parameters } = request
  const instanceId = parameters.instanceId ?? null
  const entityId = entityOf(request, owner, instanceId)
  return {
    topic: topicOf(owner, route),
    key: keyOf(route, owner, instanceId, entityId),
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
      ...(request.ifMatch === undefined ? {} : { ifMatch: request.ifMatch }),
      ...(request.dryRun ? { dryRun: true } : {}),
      ...(request.ownOnly ? { ownOnly: true } : {}),
    },
  }
}

function entityOf(
  { route, requestId, parameters }: CheckedRequest,
  owner: ServiceName,
  instanceId: string | null,
): string | null {
  // The job of a request has its id, so that a repeated request finds its job; all parts of a file have one.
  if (route.status === 202) return `${idPrefix(owner)}${requestId.split('/')[0]}`
  if (route.entity === 'minted') return newId()
  if (route.entity === 'instance') return instanceId
  return parameters[route.entity.parameter] ?? null
}

function keyOf(
  route: AdminRoute,
  owner: ServiceName,
  instanceId: string | null,
  entityId: string | null,
): string | null {
  if (owner !== 'identity-service') return instanceId
  if (route.kind === 'query') return null
  if (entityId === null) throw new Error(`${route.operationId} is ordered with nothing`)
  // A new instance is its own: the key that everything about it will have.
  return entityKey(instanceId ?? entityId, entityId)
}
