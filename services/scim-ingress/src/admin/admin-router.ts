import type { CursorSigner } from '@user-provisioning/auth/cursor'
import type { Principal } from '@user-provisioning/auth/principal'
import type { AdminRoute } from '@user-provisioning/contracts/admin/route'
import { allAdminRoutes } from '@user-provisioning/contracts/admin/routes'
import { createRouter } from '@user-provisioning/http/app'
import { readJsonBody } from '@user-provisioning/http/body'
import { answerIfChanged, strongTag } from '@user-provisioning/http/entity-tag'
import { idempotentRequestId, readIdempotencyKey, requestFingerprint } from '@user-provisioning/http/idempotency-key'
import type { Middleware, RequestContext, RequestState } from '@user-provisioning/http/request-context'
import { readPathParameters, readQuery, validateBody } from '@user-provisioning/http/validation'
import { ScimError } from '@user-provisioning/scim/errors'
import type { JsonObject } from '@user-provisioning/scim/json'
import { type AddressedMessage, adminMessage } from './admin-message.ts'
import { ownAnswers, ownRoutes } from './own-routes.ts'
import { type Additions, presentAnswer } from './presenter.ts'
import { permit } from './principal.ts'

export interface AdminState extends RequestState {
  principal: Principal
}
type AdminContext = RequestContext<AdminState>

/** What the owner of a resource answered; `replayed` where it had carried out the request before. */
export interface OwnerAnswer {
  readonly result: unknown
  readonly replayed: boolean
}

export interface AdminDependencies {
  /** Asks the owner. @throws Fault what it refuses with, deadline-exceeded */
  readonly ask: (message: AddressedMessage, deadlineAt: number, traceParent: string | undefined) => Promise<OwnerAnswer>
  readonly cursors: CursorSigner
  readonly additions: Omit<Additions, 'secretOf'> & { readonly signSecret: Additions['secretOf'] }
}

const base = '/admin/v1'
const deadlineMs = 20_000

/** The admin API: one route for each record of the contracts, and what the ingress answers itself. */
export function adminRouter(dependencies: AdminDependencies) {
  const router = createRouter<AdminState>({ prefix: base })
  for (const route of Object.values(ownRoutes)) {
    router.get(route.path, async (ctx: AdminContext) => {
      readQuery(ctx, route.query)
      ctx.body = route.answer.parse(ownAnswers[route.operationId as keyof typeof ownRoutes]())
    })
  }
  for (const route of allAdminRoutes) router.register(routerPath(route), [route.method], forwarded(route, dependencies))
  return router
}

/** `/instances/{instanceId}` as the router writes it: `/instances/:instanceId`. */
function routerPath(route: Pick<AdminRoute, 'path'>): string {
  return route.path.replaceAll(/\{(\w+)\}/g, ':$1')
}

function forwarded(route: AdminRoute, { ask, cursors, additions }: AdminDependencies): Middleware<AdminState> {
  return async (ctx) => {
    const named = namedInstance(ctx)
    permit(ctx.state.principal, route.role, named)
    const parameters = readPathParameters(ctx, route.parameters, nounOf(route)) as Record<string, string>
    if (named !== null) ctx.state.instanceId = named
    const query = withOwnersCursor(readQuery(ctx, route.query) as JsonObject, cursors)
    const sent = route.body === null ? null : await readJsonBody(ctx)
    const given = route.body === null ? null : (validateBody(route.body, sent) as JsonObject)
    const fingerprint = adoptIdempotencyKey(ctx, sent)
    const { principal, correlationId, receivedAt, traceParent } = ctx.state
    const deadlineAt = receivedAt + deadlineMs
    const message = adminMessage({
      route,
      requestId: correlationId,
      actor: { type: 'admin', id: principal.id, name: principal.name },
      parameters,
      query,
      body: given,
      fingerprint,
      arrivedAt: receivedAt,
      deadlineAt,
    })
    const { result, replayed } = await ask(message, deadlineAt, traceParent)
    if (replayed) ctx.set('Idempotency-Replayed', 'true')
    const secretOf: Additions['secretOf'] = replayed ? () => null : additions.signSecret
    const body = presentAnswer(route, result, { ...additions, secretOf })
    answer(ctx, route, typeof body.next === 'string' ? { ...body, next: cursors.sign(body.next) } : body)
  }
}

/**
 * The query with the cursor that its owner made: the ingress signs it on its way out.
 * @throws ScimError cursor-invalid
 */
function withOwnersCursor(query: JsonObject, cursors: CursorSigner): JsonObject {
  if (typeof query.after !== 'string') return query
  const after = cursors.verify(query.after)
  if (after === undefined) throw new ScimError('cursor-invalid')
  return { ...query, after }
}

function namedInstance(ctx: AdminContext): string | null {
  return (ctx.params as Record<string, string>).instanceId ?? null
}

/** What a path's last id names, for the sentence of a 404. */
function nounOf(route: AdminRoute): string {
  const last = Object.keys(route.parameters.shape).at(-1) ?? 'resource'
  return last === 'apiKeyId'
    ? 'API key'
    : last.replace(/Id$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

/** With an Idempotency-Key the request has the id that the key stands for, so that the owner knows a repeat. */
function adoptIdempotencyKey(ctx: AdminContext, body: JsonObject | null): string | null {
  if (ctx.method !== 'POST' && ctx.method !== 'PATCH') return null
  const key = readIdempotencyKey(ctx)
  if (key === undefined) return null
  ctx.state.correlationId = idempotentRequestId(ctx.state.principal.id, key)
  return requestFingerprint({ method: ctx.method, path: ctx.path, query: ctx.querystring, body })
}

function answer(ctx: AdminContext, route: AdminRoute, body: Record<string, unknown>): void {
  ctx.status = route.status
  ctx.body = body
  if (route.status === 201) ctx.set('Location', locationOf(ctx.path, body))
  if ('secret' in body) ctx.set('Cache-Control', 'no-store')
  if (typeof body.next === 'string') ctx.set('Link', `<${nextPage(ctx, body.next)}>; rel="next"`)
  if (typeof body.version !== 'number') return
  const tag = strongTag(body.version)
  if (route.method === 'GET') answerIfChanged(ctx, tag)
  else ctx.set('ETag', tag)
}

function locationOf(collection: string, body: Record<string, unknown>): string {
  return `${collection.replace(/\/+$/, '')}/${encodeURIComponent(String(body.id))}`
}

function nextPage(ctx: AdminContext, after: string): string {
  const query = new URLSearchParams(ctx.querystring)
  query.set('after', after)
  return `${ctx.path}?${query}`
}
