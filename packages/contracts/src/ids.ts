import { v7 } from 'uuid'

/** A new entity, request or replica id: a UUID version 7 (RFC 9562), so that ids made later sort later. */
export function newId(): string {
  return v7()
}

/**
 * The message key of everything about one entity, from birth on: what shares it stays in order and goes to one replica.
 * For what concerns the instance as a whole (its keys, its integration users) the entity is the instance itself.
 */
export function entityKey(instanceId: string, entityId: string = instanceId): string {
  return `${instanceId}/${entityId}`
}

/** The id of the n-th fact (from 0) of one request, proposal or task: the same however often it is announced. */
export function factId(requestId: string, n: number): string {
  return `${requestId}/${n}`
}
