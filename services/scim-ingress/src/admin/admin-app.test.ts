import type { Grant } from '@user-provisioning/auth/principal'
import { requireVersion } from '@user-provisioning/contracts/admin/if-match'
import type { AdminRoute } from '@user-provisioning/contracts/admin/route'
import { allAdminRoutes } from '@user-provisioning/contracts/admin/routes'
import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { errors, Fault } from '@user-provisioning/contracts/errors'
import { newId } from '@user-provisioning/contracts/ids'
import { defaultSettings } from '@user-provisioning/contracts/settings'
import type { AccessTokenRecord } from '@user-provisioning/contracts/states'
import { allTopics, topics } from '@user-provisioning/contracts/topics'
import { type Listener, listen } from '@user-provisioning/http/listen'
import { createLogger } from '@user-provisioning/runtime/logging'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { adminApp } from './admin-app.ts'
import type { AddressedMessage } from './admin-message.ts'
import type { OwnerAnswer } from './admin-router.ts'
import { heldOpen } from './held-open.ts'

const acme = newId()
const other = newId()
const at = '2026-11-02T09:00:00.000Z'
const ada = { type: 'admin', id: newId(), name: 'Ada Brandt' } as const

const instance = (id: string) => ({
  id,
  name: 'Acme PROD',
  label: 'production',
  state: 'active',
  version: 1,
  createdAt: at,
  createdBy: ada,
  changedAt: at,
  changedBy: ada,
})
const apiKey = {
  id: newId(),
  instanceId: acme,
  slot: 'primary',
  label: 'Entra',
  integrationUserId: newId(),
  state: 'live',
  createdAt: at,
  expiresAt: at,
  revokedAt: null,
  lastUsedAt: null,
  version: 1,
}

const sampleJob = (id: string, createdAt = at) => ({
  id,
  instanceId: acme,
  kind: 'mapping-apply',
  state: 'running',
  wanted: 'run',
  progress: { done: 1, total: 2, failed: 0, skipped: 0, perSecond: 1, endsAt: null },
  parameters: {},
  result: null,
  error: null,
  createdAt,
  createdBy: ada,
  changedAt: at,
  startedAt: at,
  endedAt: null,
  supersededBy: null,
  correlationId: 'c',
  version: 4,
})

const grantsOf: Readonly<Record<string, readonly Grant[]>> = {
  nobody: [],
  viewer: [{ instanceId: acme, role: 'viewer' }],
  'lite-admin': [{ instanceId: acme, role: 'lite-admin' }],
  admin: [{ instanceId: acme, role: 'admin' }],
  operator: [{ instanceId: acme, role: 'operator' }],
  bootstrap: [
    { instanceId: null, role: 'operator' },
    { instanceId: null, role: 'admin' },
  ],
  'admin-of-all': [{ instanceId: null, role: 'admin' }],
}

let listener: Listener
let asked: AddressedMessage[]
let answer: (value: AdminRequest) => OwnerAnswer

beforeAll(async () => {
  const app = adminApp({
    log: createLogger({ service: 'test', replica: 'test', level: 'silent' }),
    onAnswered: () => {},
    tokenOf(token): AccessTokenRecord | undefined {
      const grants = grantsOf[token.replace('expired-', '')]
      const expiresAt = token.startsWith('expired-') ? at : null
      return grants && { id: newId(), hash: '', principal: ada, grants: [...grants], expiresAt, version: 1 }
    },
    async ask(message) {
      asked.push(message)
      return answer(message.value)
    },
    cursors: {
      sign: (text) => `signed-${text}`,
      verify: (cursor) => (cursor.startsWith('signed-') ? cursor.slice('signed-'.length) : undefined),
    },
    heldOpen: heldOpen(),
    stopping: new AbortController().signal,
    additions: {
      tenantUrlOf: (id) => `https://scim.example.test/instances/${id}/scim/v2`,
      signSecret: ({ id }) => `signed-${id}`,
    },
  })
  listener = await listen(app, { port: 0, host: '127.0.0.1' })
})
afterAll(() => listener.close())
beforeEach(() => {
  asked = []
  answer = () => ({ result: { items: [], next: null, asOf: at }, replayed: false })
})

interface SendOptions {
  readonly method?: string
  readonly token?: string | null
  readonly headers?: Record<string, string>
  readonly body?: unknown
  readonly raw?: string
}

async function send(path: string, { method = 'GET', token = 'bootstrap', headers = {}, body, raw }: SendOptions = {}) {
  const text = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const res = await fetch(`http://127.0.0.1:${listener.port}/admin/v1${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      ...(text === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(text === undefined ? {} : { body: text }),
  })
  const answered = await res.text()
  return { status: res.status, headers: res.headers, body: answered === '' ? null : JSON.parse(answered) }
}

describe('who comes in', () => {
  it.each([
    ['no token', null, 'token-missing'],
    ['an unknown one', 'upat_unknown', 'token-invalid'],
    ['an expired one', 'expired-bootstrap', 'token-expired'],
  ])('refuses %s with 401 and a problem', async (_, token, code) => {
    const res = await send('/instances', { token })
    expect(res.status).toBe(401)
    expect(res.headers.get('content-type')).toContain('application/problem+json')
    expect(res.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(res.body).toMatchObject({ code, status: 401, type: `/docs/errors/${code}` })
  })

  it('answers 403 alike for an instance without a grant and for one that does not exist', async () => {
    for (const id of [other, newId(), 'nonsense']) {
      const res = await send(`/instances/${id}`, { token: 'admin' })
      expect(res.body).toMatchObject({ status: 403, code: 'instance-refused' })
    }
    expect(asked).toEqual([])
  })

  it('lets the owner say 404 to who has a role on all instances', async () => {
    answer = () => {
      throw new Fault('not-found', { type: 'instance' })
    }
    expect((await send(`/instances/${newId()}`)).body).toMatchObject({ status: 404, code: 'not-found' })
  })
})

describe('the role matrix', () => {
  const ladder = ['viewer', 'lite-admin', 'admin']
  const callers = Object.keys(grantsOf)

  function mayUse(caller: string, role: AdminRoute['role']): boolean {
    if (typeof role !== 'string') return role.some((one) => mayUse(caller, one))
    if (role === 'operator') return caller === 'operator' || caller === 'bootstrap'
    if (role === 'anybody') return true
    if (role === 'operator-of-all') return caller === 'bootstrap'
    const held = caller === 'bootstrap' || caller === 'admin-of-all' ? 'admin' : caller
    return ladder.indexOf(held) >= ladder.indexOf(role)
  }

  it.each(allAdminRoutes.map((route) => [route.operationId, route] as const))('holds for %s', async (_, route) => {
    const path = route.path.replaceAll(/\{(\w+)\}/g, (__, name) =>
      name === 'instanceId' ? acme : name === 'jobId' ? `mapping_${newId()}` : newId(),
    )
    for (const caller of callers) {
      asked = []
      const body = route.body === null ? {} : { raw: '{"unknown": 1}' }
      const res = await send(path, { method: route.method, token: caller, ...body })
      const refused = ['role-missing', 'instance-refused'].includes(res.body?.code)
      expect([caller, refused]).toEqual([caller, !mayUse(caller, route.role)])
      if (refused) expect(asked).toEqual([])
    }
  })
})

describe('a request on its way', () => {
  it('goes to the topic of its owner in a form that the topic allows', async () => {
    const created = await send('/instances', { method: 'POST', body: { name: ' Acme PROD ' } })
    expect(created.status).toBe(500)
    await send(`/instances/${acme}/users?limit=900&managed=true`)
    await send(`/instances/${acme}/objects`, { method: 'POST', body: { type: 'job-title', name: 'Engineer' } })
    await send(`/instances/${acme}/change-history?person=nora@acme.test`)

    expect(asked.map(({ topic, key, value }) => [topic.name, value.type, key])).toEqual([
      [topics.identityRequests.name, 'CreateInstance', `${asked[0]?.value.entityId}/${asked[0]?.value.entityId}`],
      [topics.identityQueries.name, 'ListUsers', null],
      [topics.workflowRequests.name, 'CreateObject', acme],
      [topics.auditRequests.name, 'ReadChangeHistory', acme],
    ])
    expect(asked[0]?.value).toMatchObject({ body: { name: 'Acme PROD', label: 'production' }, actor: ada })
    expect(asked[1]?.value).toMatchObject({ instanceId: acme, query: { limit: 200, managed: true } })
    for (const { topic, value } of asked) {
      const declared = allTopics.find(({ name }) => name === topic.name)
      expect(declared?.schema.safeParse(JSON.parse(JSON.stringify(value))).error).toBeUndefined()
    }
  })

  it('names all faults of a body and of a query at once, with their places', async () => {
    const res = await send(`/instances/${acme}/users`, { method: 'POST', body: { userName: '', x: 1 } })
    expect(res.body).toMatchObject({ status: 422, code: 'validation-failed' })
    expect(res.body.errors.map((item: { pointer: string }) => item.pointer).sort()).toEqual(['/userName', '/x'])
    const query = await send(`/instances/${acme}/users?state=gone&colour=red`)
    expect(query.body.errors.map((item: { parameter: string }) => item.parameter).sort()).toEqual(['colour', 'state'])
    expect(asked).toEqual([])
  })

  it('refuses a member that stands twice', async () => {
    const res = await send('/instances', { method: 'POST', raw: '{"name": "a", "name": "b"}' })
    expect(res.body).toMatchObject({ status: 400, code: 'body-not-json' })
  })

  it('is 404 at an unknown address and under an id that cannot be, 405 with Allow for another method', async () => {
    expect((await send('/boats')).body.code).toBe('route-not-found')
    expect((await send(`/instances/${acme}/users/nonsense`)).body.code).toBe('not-found')
    const res = await send(`/instances/${acme}`, { method: 'DELETE' })
    expect(res.status).toBe(405)
    expect(res.headers.get('allow')).toContain('GET')
  })
})

describe('an answer', () => {
  it('of a create is 201 with address, tag, Tenant URL and the correlation id of the request', async () => {
    answer = ({ entityId }) => ({ result: instance(entityId ?? ''), replayed: false })
    const res = await send('/instances', { method: 'POST', body: { name: 'Acme PROD' } })
    expect(res.status).toBe(201)
    const id = asked[0]?.value.entityId
    expect(res.headers.get('location')).toBe(`/admin/v1/instances/${id}`)
    expect(res.headers.get('etag')).toBe('"1"')
    expect(res.headers.get('correlation-id')).toBe(asked[0]?.value.requestId)
    expect(res.body.tenantUrl).toBe(`https://scim.example.test/instances/${id}/scim/v2`)
  })

  it('shows the secret of a new API key once, and no cache keeps it', async () => {
    const path = `/instances/${acme}/api-keys`
    const body = { integrationUserId: newId() }
    answer = () => ({ result: apiKey, replayed: false })
    const first = await send(path, { method: 'POST', body })
    expect(first.body.secret).toBe(`signed-${apiKey.id}`)
    expect(first.headers.get('cache-control')).toBe('no-store')
    answer = () => ({ result: apiKey, replayed: true })
    const repeat = await send(path, { method: 'POST', body })
    expect(repeat.body.secret).toBeNull()
    expect(repeat.headers.get('idempotency-replayed')).toBe('true')
  })

  it('that holds what its record does not declare is not passed on', async () => {
    answer = () => ({ result: { ...instance(acme), secretThing: 'x' }, replayed: false })
    const res = await send(`/instances/${acme}`)
    expect(res.body).toMatchObject({ status: 500, code: 'internal-error' })
    expect(JSON.stringify(res.body)).not.toContain('secretThing')
  })

  it('is 304 to who knows its version, and names the next page of a list', async () => {
    answer = () => ({ result: instance(acme), replayed: false })
    expect((await send(`/instances/${acme}`, { headers: { 'If-None-Match': 'W/"1"' } })).status).toBe(304)
    answer = () => ({ result: { items: [], next: 'abc', asOf: at }, replayed: false })
    const list = await send(`/instances/${acme}/users?limit=2`)
    expect(list.headers.get('link')).toBe(`</admin/v1/instances/${acme}/users?limit=2&after=signed-abc>; rel="next"`)
  })

  it("signs the owner's cursor, gives it back to the owner, and takes no other", async () => {
    answer = () => ({ result: { items: [], next: 'def', asOf: at }, replayed: false })
    const list = await send(`/instances/${acme}/users?after=signed-abc`)
    expect(list.body.next).toBe('signed-def')
    expect(asked[0]?.value.query).toMatchObject({ after: 'abc' })
    const forged = await send(`/instances/${acme}/users?after=abc`)
    expect([forged.status, forged.body.code]).toEqual([400, 'cursor-invalid'])
    expect(asked).toHaveLength(1)
  })
})

describe('what a route asks for', () => {
  it('travels to who owns the job, with the versions that If-Match allows; Lite Admin may touch its own alone', async () => {
    const id = `workflow_${newId()}`
    answer = () => ({ result: sampleJob(id), replayed: false })
    const path = `/instances/${acme}/jobs/${id}/pause`
    const res = await send(path, { method: 'POST', token: 'lite-admin', headers: { 'If-Match': 'W/"4"' } })
    expect([res.status, res.headers.get('etag')]).toEqual([200, '"4"'])
    await send(path, { method: 'POST', token: 'operator' })
    expect(asked.map(({ topic, value }) => [topic.name, value.ifMatch, value.ownOnly])).toEqual([
      [topics.workflowRequests.name, [4], true],
      [topics.workflowRequests.name, undefined, undefined],
    ])
    expect((await send(`/instances/${acme}/jobs/boat_${newId()}`)).status).toBe(404)
  })

  it('joins the jobs of all services, newest first, and names who did not answer', async () => {
    const ids = { mapping: `mapping_${newId()}`, workflow: `workflow_${newId()}` }
    answer = (value) => {
      const { type, requestId } = value
      if (requestId.endsWith('audit-service')) throw new Fault('deadline-exceeded')
      expect(type).toBe('ListJobs')
      const items = requestId.endsWith('mapping-service')
        ? [sampleJob(ids.mapping, '2026-11-02T08:00:00.000Z')]
        : requestId.endsWith('workflow-service')
          ? [sampleJob(ids.workflow)]
          : []
      return { result: { items, next: null, asOf: at }, replayed: false }
    }
    const { body } = await send(`/instances/${acme}/jobs?limit=1`)
    expect(body).toMatchObject({ items: [{ id: ids.workflow }], incomplete: ['audit'] })
    answer = ({ query }) => ({ result: { items: [], next: null, asOf: String(query.after) }, replayed: false })
    await send(`/instances/${acme}/jobs?limit=1&after=${body.next}`)
    expect(new Set(asked.slice(4).map(({ value }) => value.query.after)).size).toBe(1)
  })
})

describe('the forms of a list', () => {
  const row = (displayName: string) => ({
    id: newId(),
    instanceId: acme,
    scimSyncId: null,
    managed: false,
    displayName,
    externalId: null,
    version: 1,
    createdAt: at,
    changedAt: at,
  })
  const raw = (path: string, headers: Record<string, string> = {}, signal: AbortSignal | null = null) =>
    fetch(`http://127.0.0.1:${listener.port}/admin/v1/instances/${acme}${path}`, {
      headers: { Authorization: 'Bearer viewer', ...headers },
      signal,
    })
  const twoPages = ({ query }: AdminRequest): OwnerAnswer => ({
    result:
      query.after === undefined
        ? { items: [row('=1+1'), row('Sales, "EMEA"')], next: 'p2', asOf: at }
        : { items: [row('+47')], next: null, asOf: at },
    replayed: false,
  })

  it('are the whole list as CSV, in which nothing is a formula', async () => {
    answer = twoPages
    const res = await raw('/groups', { Accept: 'text/csv' })
    expect(res.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    const lines = (await res.text()).split('\r\n')
    expect(lines[0]).toBe('id,instanceId,scimSyncId,managed,displayName,externalId,version,createdAt,changedAt')
    expect(lines.slice(1, 4).map((line) => line.split(',false,')[1]?.split(`,,1,${at}`)[0])).toEqual([
      "'=1+1",
      '"Sales, ""EMEA"""',
      "'+47",
    ])
    expect(asked.map(({ value }) => [value.query.limit, value.query.after])).toEqual([
      [200, undefined],
      [200, 'p2'],
    ])
  })

  it('are NDJSON that says at its end how many there were, by ?format= too', async () => {
    answer = twoPages
    const res = await raw('/groups?format=ndjson')
    const lines = (await res.text()).trim().split('\n')
    expect(lines.slice(0, 3).map((line) => JSON.parse(line).displayName)).toEqual(['=1+1', 'Sales, "EMEA"', '+47'])
    expect(JSON.parse(lines[3] ?? '')).toEqual({ end: { rows: 3, after: 'signed-p2' } })
  })

  it('break off rather than end, where a page does not come', async () => {
    answer = (value) => {
      if (value.query.after !== undefined) throw new Fault('service-unavailable', { service: 'x' })
      return twoPages(value)
    }
    await expect(raw('/groups?format=ndjson').then((res) => res.text())).rejects.toThrow()
  })

  it('are 20 streams of one principal at once, and no more', async () => {
    answer = ({ entityId }) => ({ result: sampleJob(entityId ?? ''), replayed: false })
    const path = `/jobs/mapping_${newId()}?format=events`
    const leaving = new AbortController()
    const open = Array.from({ length: 20 }, () => raw(path, {}, leaving.signal))
    await Promise.all(open)
    const more = await raw(path)
    expect([more.status, more.headers.get('retry-after')]).toEqual([429, '1'])
    leaving.abort()
    const last = new AbortController()
    await expect.poll(async () => (await raw(path, {}, last.signal)).status, { timeout: 10_000 }).toBe(200)
    last.abort()
  })

  it('are refused where there is none, with what there is', async () => {
    expect(await (await raw('/groups', { Accept: 'application/pdf' })).json()).toMatchObject({ code: 'not-acceptable' })
    expect((await raw('/groups?format=events')).status).toBe(422)
    expect((await raw('/api-keys', { Accept: 'application/pdf' })).status).toBe(200)
  })

  it('are events of what becomes of a job, until it has ended, and only what is new to who comes back', async () => {
    let version = 3
    const id = `mapping_${newId()}`
    answer = () => ({
      result: { ...sampleJob(id), version: ++version, state: version > 5 ? 'succeeded' : 'running' },
      replayed: false,
    })
    const res = await raw(`/jobs/${id}`, { Accept: 'text/event-stream', 'Last-Event-ID': '4' })
    const text = await res.text()
    expect(text.match(/^(id|event): .*$/gm)).toEqual(['id: 5', 'event: item', 'id: 6', 'event: item', 'event: end'])
    expect(text.startsWith('retry: 3000\n\n')).toBe(true)
  })
})

describe('a change of a whole document', () => {
  const path = `/instances/${acme}/settings`
  const put = (query: string, headers: Record<string, string>) =>
    send(`${path}${query}`, { method: 'PUT', body: defaultSettings, headers })

  it('needs If-Match; a stale one is told by whom and when it was changed, so that a page can merge', async () => {
    expect((await put('', {})).body).toMatchObject({ status: 428, code: 'precondition-required' })
    expect(asked).toEqual([])
    answer = ({ ifMatch }) => {
      requireVersion({ ifMatch }, { version: 7, changedAt: new Date(at), changedBy: ada })
      throw new Error('it was not refused')
    }
    expect((await put('', { 'If-Match': '"6"' })).body).toMatchObject({
      status: 412,
      code: 'precondition-failed',
      currentVersion: 7,
      changedBy: ada,
      changedAt: at,
    })
  })

  it('that is only tried says so to its owner and in its answer, with the diff', async () => {
    const diff = [{ path: 'pickUpMode', old: 'on', new: 'off' }]
    const saved = { ...defaultSettings, instanceId: acme, version: 2, changedAt: at, changedBy: ada }
    answer = () => ({ result: { ...saved, dryRun: true, diff }, replayed: false })
    const tried = await put('?dryRun=true', { 'If-Match': '"1"' })
    expect(tried).toMatchObject({ status: 200, body: { dryRun: true, diff } })
    expect(asked[0]?.value).toMatchObject({ dryRun: true, query: {} })
    answer = () => ({ result: saved, replayed: false })
    expect((await put('', { 'If-Match': '"1"' })).body.dryRun).toBeUndefined()
    expect(asked[1]?.value.dryRun).toBeUndefined()
    expect((await put('?dryRun=maybe', { 'If-Match': '"1"' })).status).toBe(422)
  })
})

describe('a file of rows', () => {
  it('goes to the owner in parts of one job, whose address is answered', async () => {
    answer = ({ entityId }) => ({ result: { ...sampleJob(entityId ?? ''), kind: 'user-import' }, replayed: false })
    const raw = `userName\r\n${Array.from({ length: 1_001 }, (_, n) => `u${n}`).join('\r\n')}`
    const headers = { 'Content-Type': 'text/csv' }
    const path = `/instances/${acme}/users/import?mode=upsert&dryRun=true`
    const res = await send(path, { method: 'POST', raw, headers, token: 'lite-admin' })
    const id = asked[0]?.value.entityId
    expect([res.status, res.headers.get('location')]).toEqual([202, `/admin/v1/instances/${acme}/jobs/${id}`])
    expect(id).toBe(`identity_${res.headers.get('correlation-id')}`)
    expect(asked.map(({ value }) => [value.entityId, value.body?.part, value.body?.isLast, value.dryRun])).toEqual([
      [id, 0, false, true],
      [id, 1, true, true],
    ])
    expect(new Set(asked.map(({ value }) => value.requestId)).size).toBe(2)
    expect(asked[1]?.value.body?.rows).toEqual([{ line: 1_002, row: { userName: 'u1000' } }])
  })

  it('of another kind is refused before anything is asked', async () => {
    const res = await send(`/instances/${acme}/users/import`, { method: 'POST', body: {} })
    expect(res.body).toMatchObject({ status: 415, code: 'media-type-unsupported' })
    expect(asked).toEqual([])
  })
})

describe('an Idempotency-Key', () => {
  it('stands for one request id and fingerprint, of that principal and that request', async () => {
    const path = '/instances'
    const headers = { 'Idempotency-Key': '6f1c52d0-2b7e' }
    answer = ({ entityId }) => ({ result: instance(entityId ?? ''), replayed: false })
    await send(path, { method: 'POST', body: { name: 'Acme' }, headers })
    await send(path, { method: 'POST', body: { name: 'Acme' }, headers })
    await send(path, { method: 'POST', body: { name: 'Beta' }, headers })
    const [first, repeat, changed] = asked.map(({ value }) => value)
    expect(first?.requestId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8/)
    expect(repeat).toMatchObject({ requestId: first?.requestId, fingerprint: first?.fingerprint })
    expect(changed?.requestId).toBe(first?.requestId)
    expect(changed?.fingerprint).not.toBe(first?.fingerprint)
  })
})

describe('what the ingress answers itself', () => {
  it('is the whole catalogue of errors, and the version, to anybody signed in', async () => {
    const catalogue = await send('/errors', { token: 'nobody' })
    expect(catalogue.body.items.map((item: { code: string }) => item.code)).toEqual(Object.keys(errors))
    expect((await send('/version', { token: 'nobody' })).body.services['scim-ingress']).toMatch(/^\d/)
    expect((await send('/version', { token: null })).status).toBe(401)
    expect(asked).toEqual([])
  })
})
