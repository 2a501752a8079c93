import type { IncomingMessage } from 'node:http'
import { newId } from '@user-provisioning/contracts/ids'
import type { DefaultContext, Middleware as KoaMiddleware, ParameterizedContext } from 'koa'
import type { AnswerForm } from './answer-form.ts'

/** What is known of one request; `ctx.state` of every route. */
export interface RequestState {
  readonly form: AnswerForm
  /** The request id: a uuid v7 minted here, or the one that stands for an Idempotency-Key. Never taken from outside. */
  correlationId: string
  /** The caller's X-Request-Id, if it can be given back as it came. */
  readonly clientRequestId: string | undefined
  /** The caller's `traceparent`, unread. */
  readonly traceParent: string | undefined
  /** Milliseconds since 1970. */
  readonly receivedAt: number
  /** The instance that the request is about, once a route knows it. */
  instanceId: string | undefined
  /** The code that the request was refused with, set by the error door. */
  faultCode: string | undefined
  /** What the client would have its answer as, set by an API that leaves it the choice; else the form says it. */
  mediaType: string | undefined
  /** The token that it came with, once that was read: to be kept out of all that is kept. */
  token: string | undefined
  /** Set by an API that bounds what its callers' bodies cost together. */
  intake: BodyIntake | undefined
}

/** What an API does about a body on its way in, beside its limit. */
export interface BodyIntake {
  /** Told of each piece that is now held in memory. @throws Fault to read no further */
  received(bytes: number): void
  /** Waited for once all of it is here and before it costs anything. @throws Fault to leave it at that */
  whole(bytes: number): Promise<void>
}

export type RequestContext<State extends RequestState = RequestState> = ParameterizedContext<State>
export type Middleware<State extends RequestState = RequestState> = KoaMiddleware<State, DefaultContext>

/** Gives each request its correlation id and puts it, with the caller's X-Request-Id, on the answer. */
export function requestContext(form: AnswerForm): Middleware {
  return async function setRequestContext(ctx, next) {
    const { headers } = ctx.req
    const state: RequestState = {
      form,
      correlationId: newId(),
      clientRequestId: returnable(headers['x-request-id']),
      traceParent: oneOf(headers.traceparent),
      receivedAt: Date.now(),
      instanceId: undefined,
      faultCode: undefined,
      mediaType: undefined,
      token: undefined,
      intake: undefined,
    }
    Object.assign(ctx.state, state)
    try {
      await next()
    } finally {
      // Last, since a route may have adopted the id of an idempotent request.
      ctx.res.setHeader('Correlation-Id', ctx.state.correlationId)
      if (state.clientRequestId !== undefined) ctx.res.setHeader('X-Request-Id', state.clientRequestId)
    }
  }
}

/** How often a header was sent; Node itself drops repeated ones of most names without a word. */
export function countHeader(req: IncomingMessage, name: string): number {
  let count = 0
  const wanted = name.toLowerCase()
  const raw = req.rawHeaders
  for (let index = 0; index < raw.length; index += 2) {
    const given = raw[index]
    if (given !== undefined && given.length === wanted.length && given.toLowerCase() === wanted) count++
  }
  return count
}

function oneOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0]
}

/** Visible ASCII of at most 128 characters; anything else is not given back, so that nothing is put into a header by a caller. */
function returnable(value: string | string[] | undefined): string | undefined {
  const text = oneOf(value)
  return text !== undefined && /^[\x21-\x7e]{1,128}$/.test(text) ? text : undefined
}
