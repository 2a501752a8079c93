import { describeFault, type ErrorRecord, errors, Fault, faultOf, shown } from '@user-provisioning/contracts/errors'
import type { RequestAnswered } from '@user-provisioning/contracts/ingress-facts'
import type { Caller } from '../connector/authentication.ts'

/** What a request's handlers find out for its log entry, as they go. */
export interface LogNotes {
  caller: Caller | null
  resource: string
  targetId: string | null
  targetName: string | null
  droppedAttributes: readonly string[]
  /** What was bent for, to understand it. */
  readonly quirks: Set<string>
  /** What was thrown, if the request was not carried out. */
  error: unknown
  /** Whom the request would have picked up, if the instance did more than report it. */
  wouldPickUp: string | undefined
}

export function newLogNotes(): LogNotes {
  return {
    caller: null,
    resource: '',
    targetId: null,
    targetName: null,
    droppedAttributes: [],
    quirks: new Set(),
    error: undefined,
    wouldPickUp: undefined,
  }
}

export interface AnsweredRequest {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly arrivedAt: number
  readonly method: string
  readonly status: number
  readonly notes: LogNotes
}

/** What the log says of the client, which is the same for all operations of a bulk. */
export interface AskingClient {
  readonly clientProfile: string
  readonly idpRequestId: string | null
}

const mostDropped = 50

/** The provisioning log's entry of one request of an IdP that has its answer now. It holds no token and no body. */
export function requestAnswered(request: AnsweredRequest, client: AskingClient): RequestAnswered {
  const { notes } = request
  const fault = notes.error === undefined ? undefined : (faultOf(notes.error) ?? new Fault('internal-error'))
  const wouldPickUp = notes.wouldPickUp ?? (fault?.members.wouldPickUp as string | undefined)
  const record: ErrorRecord | undefined = fault && errors[fault.code]
  return {
    type: 'RequestAnswered',
    id: request.id,
    at: new Date(request.arrivedAt).toISOString(),
    instanceId: notes.caller?.instanceId ?? null,
    apiKeyId: notes.caller?.apiKeyId ?? null,
    clientProfile: client.clientProfile,
    method: request.method,
    resource: notes.resource,
    target: { id: notes.targetId, name: notes.targetName === null ? null : shown(notes.targetName) },
    outcome: request.status >= 500 ? 'failed' : request.status >= 400 ? 'refused' : 'success',
    status: request.status,
    scimType: record?.scimType ?? null,
    code: fault?.code ?? null,
    detail: fault ? describeFault(fault).detail : null,
    durationMs: Math.max(0, Date.now() - request.arrivedAt),
    idpRequestId: client.idpRequestId === null ? null : shown(client.idpRequestId),
    droppedAttributes: notes.droppedAttributes.slice(0, mostDropped).map(shown),
    quirks: [...notes.quirks],
    ...(wouldPickUp === undefined ? {} : { wouldPickUp }),
  }
}
