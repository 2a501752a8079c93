import { Fault, shown } from '@user-provisioning/contracts/errors'
import { acceptedType } from '@user-provisioning/http/accept'
import { readBearerToken } from '@user-provisioning/http/bearer'
import { newLogNotes } from '../log/request-log.ts'
import { authenticate, type Credentials, enter } from './authentication.ts'
import { quirksOf } from './request-quirks.ts'
import type { ScimMiddleware } from './scim-state.ts'
import { tenantUrl } from './tenant-url.ts'

/** From arrival to the 503: below the 30 s that IdPs wait, above a rebalance. */
const deadlineMs = 20_000

const longestName = 64
const scimPath = /^\/+(?:instances\/+([^/]+)\/+)?scim\/+v(\d+)(?=\/|$)(.*)$/

/** Splits the address into the instance that it names and the path below the Tenant URL, with or without slashes at its end. */
export const belowTenantUrl: ScimMiddleware = async function belowTenantUrl(ctx, next) {
  const [, namedInstance, version, rest = ''] = scimPath.exec(ctx.path) ?? []
  ctx.state.namedInstance = namedInstance
  for (const quirk of quirksOf({ url: ctx.url, headers: ctx.headers, namedInstance })) ctx.state.notes.quirks.add(quirk)
  if (version === undefined) throw new Fault('route-not-found')
  if (version !== '2') throw new Fault('scim-version-unsupported')
  ctx.path = rest.replace(/\/+/g, '/').replace(/(.)\/$/, '$1') || '/'
  ctx.state.notes.resource = shown(ctx.path.split('/', 2)[1] ?? '').slice(0, longestName)
  return next()
}

/** Lets in who holds a key of the instance; everything behind it knows the caller. */
export function authenticated(credentials: Credentials, publicUrl: string): ScimMiddleware {
  return async function authenticated(ctx, next) {
    const caller = authenticate(readBearerToken(ctx), credentials)
    ctx.state.notes.caller = caller
    enter(caller, ctx.state.namedInstance, credentials)
    const { correlationId, receivedAt, traceParent } = ctx.state
    ctx.state.instanceId = caller.instanceId
    ctx.state.tenantUrl = tenantUrl(publicUrl, caller.instanceId)
    ctx.state.call = {
      requestId: correlationId,
      caller,
      arrivedAt: receivedAt,
      deadlineAt: receivedAt + deadlineMs,
      traceParent,
    }
    return next()
  }
}

/** Keeps what becomes of the request for its log entry. */
export const noted: ScimMiddleware = async function noted(ctx, next) {
  ctx.state.notes = newLogNotes()
  try {
    await next()
  } catch (err) {
    ctx.state.notes.error = err
    throw err
  }
}

const served = ['application/scim+json', 'application/json']

/**
 * Answers in the type that was asked for, errors too: some clients want application/json, most SCIM's own. Who takes neither is
 * refused before anything is done; a DELETE is answered without a body.
 */
export const inTheTypeAskedFor: ScimMiddleware = async function inTheTypeAskedFor(ctx, next) {
  ctx.vary('Accept')
  const { accept } = ctx.headers
  ctx.state.mediaType = acceptedType(accept, served)
  if (ctx.state.mediaType === undefined && ctx.method !== 'DELETE' && ctx.method !== 'OPTIONS') {
    throw new Fault('not-acceptable', { type: accept?.slice(0, longestName) ?? '', types: served.join(' or ') })
  }
  return next()
}
