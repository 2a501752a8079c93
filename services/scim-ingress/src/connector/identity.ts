import { Fault } from '@user-provisioning/contracts/errors'
import type { ScimCommand, ScimQuery } from '@user-provisioning/contracts/identity-requests'
import { entityKey, newId } from '@user-provisioning/contracts/ids'
import { accepted, type Reply } from '@user-provisioning/contracts/reply'
import { topics } from '@user-provisioning/contracts/topics'
import type { Requester } from '@user-provisioning/messaging/requester'
import { parseTraceParent } from '@user-provisioning/runtime/trace-parent'
import type { Caller } from './authentication.ts'

/** A request of an IdP on its way: who asks, and until when an answer is of use. */
export interface Call {
  readonly requestId: string
  readonly caller: Caller
  /** Milliseconds since 1970. */
  readonly arrivedAt: number
  readonly deadlineAt: number
  /** The trace that the IdP's request is part of (W3C Trace Context), if it says one. */
  readonly traceParent: string | undefined
}

type Envelope = 'requestId' | 'instanceId' | 'apiKeyId' | 'at' | 'deadlineAt'
type Bare<Message> = Message extends unknown ? Omit<Message, Envelope> : never
/** A command or query without what every request carries. */
export type BareCommand = Bare<ScimCommand>
export type BareQuery = Bare<ScimQuery>

/** Asks identity-service. Every method throws the Fault that it refuses with, and deadline-exceeded. */
export interface Identity {
  /** @param entityId the entity whose key the command is ordered by */
  command(call: Call, entityId: string, command: BareCommand): Promise<Reply>
  query(call: Call, query: BareQuery): Promise<Reply>
  /** Picks up a native user or group that was looked up by its name; one that comes too late is picked up by the next contact. */
  pickUp(call: Call, entityId: string, command: BareCommand): Promise<void>
}

export function identityOver(requester: Requester): Identity {
  const envelope = (call: Call) => ({
    instanceId: call.caller.instanceId,
    apiKeyId: call.caller.apiKeyId,
    at: new Date(call.arrivedAt).toISOString(),
    deadlineAt: new Date(call.deadlineAt).toISOString(),
  })
  async function command(call: Call, requestId: string, entityId: string, message: BareCommand): Promise<Reply> {
    return accepted(
      await requester.ask(topics.identityRequests, {
        key: entityKey(call.caller.instanceId, entityId),
        type: message.type,
        value: { ...message, requestId, ...envelope(call) },
        requestId,
        deadlineAt: call.deadlineAt,
        headers: traceHeaders(call.traceParent),
      }),
    )
  }
  return {
    command: (call, entityId, message) => command(call, call.requestId, entityId, message),
    async query(call, message) {
      return accepted(
        await requester.ask(topics.identityQueries, {
          key: null,
          type: message.type,
          value: { ...message, requestId: call.requestId, ...envelope(call) },
          requestId: call.requestId,
          deadlineAt: call.deadlineAt,
          headers: traceHeaders(call.traceParent),
        }),
      )
    },
    async pickUp(call, entityId, message) {
      try {
        await command(call, newId(), entityId, message)
      } catch (err) {
        if (!(err instanceof Fault)) throw err
      }
    },
  }
}

/** The headers that make a message part of the request's trace; one that cannot be trusted is left out. */
export function traceHeaders(traceParent: string | undefined): Record<string, string> {
  return traceParent !== undefined && parseTraceParent(traceParent) ? { traceparent: traceParent } : {}
}

/** @throws Fault internal-error: an answer of another kind than the request has */
export function unexpected(reply: Reply): Fault {
  return new Fault('internal-error', {}, { internal: `the answer ${reply.outcome} does not fit the request` })
}
