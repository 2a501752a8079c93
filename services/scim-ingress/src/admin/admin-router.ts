import { Readable } from 'node:stream'
import type { CursorSigner } from '@user-provisioning/auth/cursor'
import type { Principal } from '@user-provisioning/auth/principal'
import { type AdminRoute, flag } from '@user-provisioning/contracts/admin/route'
import { allAdminRoutes } from '@user-provisioning/contracts/admin/routes'
import { Fault } from '@user-provisioning/contracts/errors'
import { newId } from '@user-provisioning/contracts/ids'
import type { ServiceName } from '@user-provisioning/contracts/service-name'
import { createRouter } from '@user-provisioning/http/app'
import { readJsonBody } from '@user-provisioning/http/body'
import { answerIfChanged, readIfMatch, strongTag } from '@user-provisioning/http/entity-tag'
import { idempotentRequestId, readIdempotencyKey, requestFingerprint } from '@user-provisioning/http/idempotency-key'
import type { Middleware, RequestContext, RequestState } from '@user-provisioning/http/request-context'
import { rowsOfBody } from '@user-provisioning/http/row-body'
import { readPathParameters, readQuery, validateBody } from '@user-provisioning/http/validation'
import { ScimError } from '@user-provisioning/scim/errors'
import type { JsonObject } from '@user-provisioning/scim/json'
import { type AddressedMessage, adminMessage, askedBy, type CheckedRequest } from './admin-message.ts'
import { eventsOf } from './event-stream.ts'
import { csv, type ListPage, ndjson } from './export-list.ts'
import type { HeldOpen } from './held-open.ts'
import { fileLimitBytes, sendInParts } from './import-file.ts'
import { type AnswerPart, joinAnswers } from './joined-answers.ts'
import { formAskedFor, formParameter, type ListForm, mediaTypeOf } from './list-forms.ts'
import { ownAnswers, ownRoutes } from './own-routes.ts'
import { type Additions, presentAnswer } from './presenter.ts'
import { isBoundToOwn, permit } from './principal.ts'

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
  readonly heldOpen: HeldOpen
  /** Aborted at a stop: streams end, and clients come back to another replica. */
  readonly stopping: AbortSignal
  readonly additions: Omit<Additions, 'secretOf'> & { readonly signSecret: Additions['secretOf'] }
}

const base = '/admin/v1'
const deadlineMs = 20_000
/** How long a joined answer waits for its parts. */
const joinedMs = 5_000
/** How many items are read at once of a list that is read whole. */
const longestPage = 200
/** A client that takes nothing for so long is gone. */
const stalledMs = 60_000

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

function forwarded(route: AdminRoute, dependencies: AdminDependencies): Middleware<AdminState> {
  return async (ctx) => {
    const { form, ...request } = await checked(ctx, route, dependencies)
    if (form === 'events') return follow(ctx, request, dependencies)
    if (form !== 'json') return exportWhole(ctx, request, form, dependencies)
    const { result, replayed } = route.imports
      ? await sendFile(ctx, request, dependencies)
      : await askOwners(request, dependencies, ctx.state.traceParent)
    const { additions, cursors } = dependencies
    if (replayed) ctx.set('Idempotency-Replayed', 'true')
    const secretOf: Additions['secretOf'] = replayed ? () => null : additions.signSecret
    const body = presentAnswer(request, result, { ...additions, secretOf })
    answer(ctx, request, typeof body?.next === 'string' ? { ...body, next: cursors.sign(body.next) } : body)
  }
}

/** Whether who asks may ask, and asks in form. @throws Fault, ScimError what it is refused with */
async function checked(
  ctx: AdminContext,
  route: AdminRoute,
  { cursors }: AdminDependencies,
): Promise<CheckedRequest & { form: ListForm }> {
  const named = namedInstance(ctx)
  const { principal } = ctx.state
  permit(principal, route.role, named)
  const parameters = readPathParameters(ctx, route.parameters, nounOf(route)) as Record<string, string>
  if (named !== null) ctx.state.instanceId = named
  const { dryRun = false, format, ...query } = readQuery(ctx, queryOf(route)) as JsonObject
  const ifMatch = readIfMatchOf(ctx, route)
  const sent = route.body === null || route.imports ? null : await readJsonBody(ctx)
  const body = route.body === null || route.imports ? null : (validateBody(route.body, sent) as JsonObject)
  const fingerprint = adoptIdempotencyKey(ctx, sent)
  const { correlationId, receivedAt } = ctx.state
  return {
    form: formAskedFor(ctx, route, format),
    route,
    requestId: correlationId,
    actor: { type: 'admin', id: principal.id, name: principal.name },
    parameters,
    query: withOwnersCursor(query, cursors),
    body,
    fingerprint,
    ifMatch,
    dryRun: dryRun === true,
    ownOnly: isBoundToOwn(principal, route, named),
    arrivedAt: receivedAt,
    deadlineAt: receivedAt + deadlineMs,
  }
}

const dryRunParameter = { dryRun: flag.optional() }

function queryOf(route: AdminRoute): AdminRoute['query'] {
  return route.query.extend({ ...(route.dryRun ? dryRunParameter : {}), ...formParameter(route) })
}

/** Hands the owner a file of rows, part by part. What did not arrive is sent again by who sends the file again with its key. */
function sendFile(ctx: AdminContext, request: CheckedRequest, dependencies: AdminDependencies): Promise<OwnerAnswer> {
  return sendInParts(rowsOfBody(ctx, fileLimitBytes), (body) => {
    const requestId = `${request.requestId}/${body.part}`
    const part = { ...request, requestId, body: body as unknown as JsonObject, deadlineAt: Date.now() + deadlineMs }
    return askOwners(part, dependencies, ctx.state.traceParent)
  })
}

/**
 * Answers with the whole list, read on while the client takes it. What goes wrong at its first page is answered like any
 * fault; later the connection breaks off.
 */
async function exportWhole(
  ctx: AdminContext,
  request: CheckedRequest,
  form: 'csv' | 'ndjson',
  dependencies: AdminDependencies,
): Promise<void> {
  const { additions, cursors } = dependencies
  const readPage = async (after: JsonObject): Promise<ListPage> => {
    const query = { ...request.query, limit: longestPage, ...after }
    const asked = { ...request, query, requestId: newId(), deadlineAt: Date.now() + deadlineMs }
    const { result } = await askOwners(asked, dependencies, ctx.state.traceParent)
    const page = presentAnswer(request, result, { ...additions, secretOf: () => null })
    return page as unknown as ListPage
  }
  const first = await readPage({})
  async function* pages(): AsyncGenerator<ListPage> {
    for (let page = first; ; page = await readPage({ after: page.next ?? '' })) {
      yield { ...page, next: page.next === null ? null : cursors.sign(page.next) }
      if (page.next === null) return
    }
  }
  const text = form === 'csv' ? csv(pages(), request.route.answer) : ndjson(pages())
  stream(ctx, form, dependencies.heldOpen.exports.hold(ctx.state.principal.id, text))
}

/** Answers with what becomes of it, as server-sent events. */
async function follow(ctx: AdminContext, request: CheckedRequest, dependencies: AdminDependencies): Promise<void> {
  const read = async (): Promise<Record<string, unknown>> => {
    const query = 'limit' in request.query ? { ...request.query, limit: longestPage } : request.query
    const now = Date.now()
    const asked = { ...request, query, requestId: newId(), arrivedAt: now, deadlineAt: now + deadlineMs }
    const { result } = await askOwners(asked, dependencies, ctx.state.traceParent)
    return presentAnswer(request, result, { ...dependencies.additions, secretOf: () => null }) ?? {}
  }
  // Who may not see it, or asks for what is not there, is told so before a stream begins.
  let first: Record<string, unknown> | undefined = await read()
  const events = eventsOf(
    async () => {
      const answer = first ?? (await read())
      first = undefined
      return answer
    },
    ctx.get('Last-Event-ID'),
    AbortSignal.any([dependencies.stopping, goneSignal(ctx)]),
  )
  ctx.set('Cache-Control', 'no-cache')
  ctx.set('X-Accel-Buffering', 'no')
  stream(ctx, 'events', dependencies.heldOpen.streams.hold(ctx.state.principal.id, events))
}

/** Aborted when the client has gone. Who follows events and closes its side is gone, though half a connection is still open. */
function goneSignal({ req, res }: AdminContext): AbortSignal {
  const gone = new AbortController()
  const abort = () => gone.abort()
  req.socket.once('end', abort)
  res.once('close', () => {
    req.socket.off('end', abort)
    abort()
  })
  return gone.signal
}

function stream(ctx: AdminContext, form: ListForm, text: AsyncGenerator<string>): void {
  ctx.res.setTimeout(stalledMs, () => ctx.res.destroy())
  ctx.res.setHeader('content-type', mediaTypeOf(form))
  ctx.body = Readable.from(text)
}

/** @throws Fault precondition-required, parameter-invalid */
function readIfMatchOf(ctx: AdminContext, { ifMatch }: AdminRoute): CheckedRequest['ifMatch'] {
  if (ifMatch === undefined) return undefined
  const versions = readIfMatch(ctx)
  if (versions === undefined && ifMatch === 'required') throw new Fault('precondition-required')
  return versions === undefined || versions === '*' ? versions : [...versions]
}

/** Asks the owner; of a joined route all of them side by side, and who does not answer in time is left out by name. */
async function askOwners(
  request: CheckedRequest,
  { ask }: AdminDependencies,
  traceParent: string | undefined,
): Promise<OwnerAnswer> {
  const { route, parameters, query, requestId } = request
  const [owner, ...others] = askedBy(route, parameters)
  if (owner === undefined) throw new Fault('internal-error', {}, { internal: `${route.operationId} has no owner` })
  if (others.length === 0) return ask(adminMessage(request, owner), request.deadlineAt, traceParent)
  const deadlineAt = request.arrivedAt + joinedMs
  const askOne = async (one: ServiceName): Promise<AnswerPart> => {
    const message = adminMessage({ ...request, requestId: `${requestId}/${one}`, deadlineAt }, one)
    try {
      return { owner: one, result: (await ask(message, deadlineAt, traceParent)).result }
    } catch (err) {
      const isAway = err instanceof Fault && (err.code === 'deadline-exceeded' || err.code === 'service-unavailable')
      if (isAway) return { owner: one, result: undefined }
      throw err
    }
  }
  const parts = await Promise.all([owner, ...others].map(askOne))
  const instanceId = parameters.instanceId ?? null
  return { result: joinAnswers(route.operationId, parts, { instanceId, query }), replayed: false }
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

function answer(
  ctx: AdminContext,
  { route, dryRun, parameters }: CheckedRequest,
  body: Record<string, unknown> | null,
): void {
  ctx.status = dryRun && route.status !== 202 ? 200 : route.status
  if (body === null) return
  ctx.body = body
  if (ctx.status === 201) ctx.set('Location', locationOf(ctx.path, body))
  if (ctx.status === 202) ctx.set('Location', locationOf(jobsOf(parameters.instanceId), body))
  if ('secret' in body) ctx.set('Cache-Control', 'no-store')
  if (typeof body.next === 'string') ctx.set('Link', `<${nextPage(ctx, body.next)}>; rel="next"`)
  if (typeof body.version !== 'number') return
  const tag = strongTag(body.version)
  if (route.method === 'GET') answerIfChanged(ctx, tag)
  else ctx.set('ETag', tag)
}

function jobsOf(instanceId: string | undefined): string {
  return instanceId === undefined ? `${base}/jobs` : `${base}/instances/${instanceId}/jobs`
}

function locationOf(collection: string, body: Record<string, unknown>): string {
  return `${collection.replace(/\/+$/, '')}/${encodeURIComponent(String(body.id ?? body.name))}`
}

function nextPage(ctx: AdminContext, after: string): string {
  const query = new URLSearchParams(ctx.querystring)
  query.set('after', after)
  return `${ctx.path}?${query}`
}
