import { type ErrorRecord, errors, Fault, faultOf } from '@user-provisioning/contracts/errors'
import type { Logger } from 'pino'
import type { Middleware, RequestContext } from './request-context.ts'

/** Seconds to wait where a fault names no `retryAfterSeconds` slot of its own. */
const retryAfterSeconds: Readonly<Record<number, number>> = { 429: 1, 503: 5 }

/**
 * The one place where an error becomes an answer, in the form of the API. A Fault or ScimError is told with its code; whatever
 * else is thrown is our fault: 500 `internal-error`, its stack in the log and nowhere else.
 */
export function errorDoor(log: Logger): Middleware {
  return async function openErrorDoor(ctx, next) {
    try {
      await next()
      writeJson(ctx, ctx.state.mediaType ?? ctx.state.form.mediaType)
    } catch (err) {
      const about = { correlationId: ctx.state.correlationId, method: ctx.method, path: ctx.path }
      answerFault(ctx, tellable(err, about, log))
    }
  }
}

/** Objects become text here and not in koa, so that what cannot be written as JSON is still answered in form. */
function writeJson(ctx: RequestContext, mediaType: string): void {
  const body: unknown = ctx.body
  if (typeof body !== 'object' || body === null || Buffer.isBuffer(body) || isStream(body)) return
  const type = ctx.res.getHeader('content-type')
  ctx.body = JSON.stringify(body)
  // This type koa gives to any object; another one was chosen by the route.
  if (type === 'application/json; charset=utf-8') ctx.res.setHeader('content-type', mediaType)
}

function isStream(body: object): boolean {
  return 'pipe' in body || 'getReader' in body
}

/**
 * What a client may be told of an error, and with which status; what is ours to know goes to the log.
 * @param about what the log says of the request
 */
export function tellable(err: unknown, about: object, log: Logger): { fault: Fault; status: number } {
  const fault = faultOf(err)
  if (fault === undefined) {
    log.error({ ...about, err }, 'A request ran into an error of ours')
    return { fault: new Fault('internal-error', {}, { cause: err }), status: 500 }
  }
  const status = statusOf(fault)
  if (status >= 500)
    log.warn(
      { ...about, code: fault.code, internal: fault.message, cause: fault.cause },
      'A request could not be served',
    )
  else log.debug({ ...about, code: fault.code, internal: fault.message }, 'A request was refused')
  return { fault, status }
}

/** A code that is for logs only, or that a newer service sent, is not a client's to see as success. */
export function statusOf(fault: Fault): number {
  const record: ErrorRecord | undefined = errors[fault.code]
  return record?.status ?? 500
}

function answerFault(ctx: RequestContext, { fault, status }: ReturnType<typeof tellable>): void {
  const { form, correlationId, instanceId, mediaType } = ctx.state
  ctx.state.faultCode = fault.code
  const { res } = ctx
  for (const name of res.getHeaderNames()) {
    // What a route had begun to say about a success is void.
    if (/^(etag|location|link|cache-control|content-|last-modified)/.test(name)) res.removeHeader(name)
  }
  ctx.body = JSON.stringify(form.presentFault(fault, status, { correlationId, instanceId }))
  ctx.status = status
  res.setHeader('content-type', mediaType ?? form.errorMediaType)
  res.setHeader('cache-control', 'no-store')
  if (status === 401) res.setHeader('www-authenticate', 'Bearer')
  // What is left of a request that was not waited for cannot be told from a next one.
  if (status === 408) res.setHeader('connection', 'close')
  // A body that was compressed (RFC 9110 section 15.5.16): nothing is inflated here, so that no bomb goes off.
  if (status === 415) res.setHeader('accept-encoding', 'identity')
  if (status === 405 && fault.slots.allow !== undefined) res.setHeader('allow', fault.slots.allow)
  const wait = retryAfterSeconds[status]
  if (wait !== undefined) res.setHeader('retry-after', waitOf(fault.slots.retryAfterSeconds) ?? wait)
}

function waitOf(slot: string | undefined): number | undefined {
  const seconds = Math.ceil(Number(slot))
  return slot !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined
}
