import type { Warning } from '@user-provisioning/contracts/actor'
import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import type { IdentityFact } from '@user-provisioning/contracts/identity-facts'
import { factId } from '@user-provisioning/contracts/ids'
import type { RequestAnswered } from '@user-provisioning/contracts/ingress-facts'
import { fold } from '@user-provisioning/scim/fold'

/** One request of an IdP and what it was answered. */
export interface LogEntry {
  /** The request's id, which is its correlation id. */
  readonly _id: string
  readonly instanceId: string
  readonly at: Date
  readonly apiKeyId: string | null
  readonly clientProfile: string
  readonly method: string
  readonly resource: string
  readonly target: { readonly id: string | null; readonly name: string | null }
  readonly outcome: 'success' | 'refused' | 'failed'
  readonly status: number
  readonly scimType: string | null
  readonly code: string | null
  readonly detail: string | null
  readonly durationMs: number | null
  readonly idpRequestId: string | null
  readonly droppedAttributes: readonly string[]
  /** What the ingress bent for: each IdP's ways, countable for each instance. */
  readonly quirks: readonly string[]
  /** In report-only mode: the native one that the request would have picked up. */
  readonly wouldPickUp?: string
  /** True: made from the fact, because the ingress was lost before it could tell. The ingress' own entry replaces it. */
  readonly fromFact: boolean
  /** What a search for a person finds the entry by: the target's id and its folded name. */
  readonly persons: readonly string[]
}

/** The entry of a request of an instance, as the ingress told it. */
export function entryOfRequest(fact: RequestAnswered, instanceId: string): LogEntry {
  return {
    _id: fact.id,
    instanceId,
    at: new Date(fact.at),
    apiKeyId: fact.apiKeyId,
    clientProfile: fact.clientProfile,
    method: fact.method,
    resource: fact.resource,
    target: { id: fact.target.id, name: fact.target.name },
    outcome: fact.outcome,
    status: fact.status,
    scimType: fact.scimType,
    code: fact.code,
    detail: fact.detail,
    durationMs: fact.durationMs,
    idpRequestId: fact.idpRequestId,
    droppedAttributes: fact.droppedAttributes,
    quirks: fact.quirks ?? [],
    ...(fact.wouldPickUp === undefined ? {} : { wouldPickUp: fact.wouldPickUp }),
    fromFact: false,
    persons: personsOf(fact.target),
  }
}

/**
 * The entry that stands in where the ingress was lost between its answer and its entry: what the fact tells of the
 * request. A replacement and a patch look the same from here, and the IdP's dialect and the duration are not known.
 * @returns undefined for a fact that no IdP's request led to, or that was heard before
 */
export function entryOfFact(fact: IdentityFact): LogEntry | undefined {
  if (fact.repeated || fact.actor.type !== 'idp' || fact.cause.type !== 'request') return undefined
  // Of the facts that one request led to, the first is about what it asked for.
  if (fact.id !== factId(fact.cause.id, 0)) return undefined
  const told = targetOf(fact)
  if (!told || isOwnPickUp(fact)) return undefined
  return {
    _id: fact.correlationId,
    instanceId: fact.instanceId,
    at: new Date(fact.at),
    apiKeyId: fact.actor.id,
    clientProfile: 'unknown',
    ...requestOf(fact.type),
    resource: told.resource,
    target: told.target,
    outcome: 'success',
    scimType: null,
    code: null,
    detail: null,
    durationMs: null,
    idpRequestId: null,
    droppedAttributes: [],
    quirks: [],
    fromFact: true,
    persons: personsOf(told.target),
  }
}

/** The entry as the admin API shows it, with what did not go as asked afterwards. */
export function presentLogEntry(
  entry: LogEntry,
  warnings: readonly Warning[] = [],
): AdminAnswer<'readProvisioningLog'>['items'][number] {
  return {
    id: entry._id,
    at: entry.at.toISOString(),
    instanceId: entry.instanceId,
    key: entry.apiKeyId === null ? null : { id: entry.apiKeyId },
    clientProfile: entry.clientProfile,
    method: entry.method,
    resource: entry.resource,
    target: { id: entry.target.id, name: entry.target.name },
    outcome: entry.outcome,
    status: entry.status,
    scimType: entry.scimType,
    code: entry.code,
    detail: entry.detail,
    durationMs: entry.durationMs,
    correlationId: entry._id,
    idpRequestId: entry.idpRequestId,
    wouldPickUp: entry.wouldPickUp ?? null,
    warnings: [...warnings],
  }
}

function personsOf({ id, name }: LogEntry['target']): string[] {
  return [...new Set([id, name].filter((text) => text !== null).map(fold))]
}

function targetOf(fact: IdentityFact): { resource: string; target: LogEntry['target'] } | undefined {
  if ('user' in fact) return { resource: 'Users', target: { id: fact.user.id, name: fact.user.userName } }
  if ('group' in fact) return { resource: 'Groups', target: { id: fact.group.id, name: fact.group.displayName } }
  return undefined
}

/** A pick-up by lookup is a command of its own: the lookup, which has the entry, is another request. */
function isOwnPickUp({ type, changes }: IdentityFact): boolean {
  return (type === 'UserPickedUp' || type === 'GroupPickedUp') && !changes.some(({ kind }) => kind === 'attribute')
}

function requestOf(type: IdentityFact['type']): { method: string; status: number } {
  switch (type) {
    case 'UserProvisioned':
    case 'GroupProvisioned':
    case 'UserRevived':
      return { method: 'POST', status: 201 }
    case 'UserDeleted':
    case 'GroupDeleted':
      return { method: 'DELETE', status: 204 }
    default:
      return { method: 'PUT or PATCH', status: 200 }
  }
}
