import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { Fault } from '@user-provisioning/contracts/errors'
import { createLogger } from '@user-provisioning/runtime/logging'
import { ScimError } from '@user-provisioning/scim/errors'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createApp, createRouter } from './app.ts'
import { readBearerToken } from './bearer.ts'
import { readJsonBody } from './body.ts'
import { answerIfChanged, readIfMatch, strongTag } from './entity-tag.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import { type Listener, listen } from './listen.ts'
import type { RequestContext } from './request-context.ts'
import { readPathParameters, readQuery, validateBody } from './validation.ts'

const limitBytes = 1_000
const logged: string[] = []
const answered: { code: string | undefined; status: number }[] = []
const log = createLogger({ service: 'test', replica: 'test', level: 'trace', write: (line) => logged.push(line) })

const longText = 'Nora '.repeat(20_000)
async function* pieces(text: string, breaks = false) {
  yield '{"text":"'
  for (let at = 0; at < text.length; at += 1_000) {
    if (breaks && at > text.length / 2) throw new Error('the rest does not come')
    yield text.slice(at, at + 1_000)
  }
  yield '"}'
}

function routes() {
  const router = createRouter({ prefix: '/api' })
  router.get('/things/:id', (ctx) => {
    if (answerIfChanged(ctx, strongTag(7))) return
    ctx.body = { id: ctx.params.id, correlationId: ctx.state.correlationId, matched: readIfMatch(ctx) ?? null }
  })
  router.post('/things', async (ctx) => {
    ctx.status = 201
    ctx.set('Location', '/api/things/1')
    ctx.body = await readJsonBody(ctx, { limitBytes })
  })
  router.post('/things/search', (ctx) => {
    ctx.body = {}
  })
  router.get('/long/:kind', (ctx) => {
    if (ctx.params.kind === 'text') ctx.body = { text: longText }
    if (ctx.params.kind === 'stream') ctx.body = Readable.from(pieces(longText))
    if (ctx.params.kind === 'broken') ctx.body = Readable.from(pieces(longText, true))
  })
  router.put('/things/:id', async (ctx) => {
    const schema = z.strictObject({
      name: z.string().max(3),
      kind: z.enum(['a', 'b']),
      rows: z.array(z.strictObject({ 'a/b': z.int() })),
    })
    ctx.body = validateBody(schema, await readJsonBody(ctx))
  })
  router.get('/query', (ctx) => {
    ctx.body = readQuery(
      ctx,
      z.strictObject({ limit: z.coerce.number().int().default(50), kind: z.enum(['a', 'b']).optional() }),
    )
  })
  router.get('/instances/:instanceId', (ctx) => {
    const { instanceId } = readPathParameters(ctx, z.object({ instanceId: z.uuid() }), 'instance')
    ctx.state.instanceId = instanceId
    throw new Fault('slots-full', { things: 'API keys' })
  })
  router.get('/secured', (ctx) => {
    ctx.body = { token: readBearerToken(ctx) }
  })
  router.post('/secured', async (ctx) => {
    readBearerToken(ctx)
    ctx.body = await readJsonBody(ctx)
  })
  router.post('/once', (ctx) => {
    ctx.body = { key: readIdempotencyKey(ctx) ?? null }
  })
  router.get('/fails/:how', (ctx: RequestContext) => {
    ctx.set('ETag', '"1"')
    ctx.set('Location', '/nowhere')
    ctx.body = { half: 'made' }
    const how: string = ctx.params.how
    if (how === 'error') throw new Error('inner secret', { cause: new Error('deeper secret') })
    if (how === 'string') throw 'inner secret'
    if (how === 'undefined') throw undefined
    if (how === 'unserializable') ctx.body = { big: 1n }
    if (how === 'scim') throw new ScimError('filter-invalid', { position: 3, why: 'no operator' })
    if (how === 'taken') throw new Fault('user-name-taken', { userName: 'nora@acme.test' })
    if (how === 'busy') throw new Fault('deadline-exceeded', {}, { internal: 'inner secret' })
    if (how === 'limit')
      throw new Fault('rate-limited', { whom: 'you', why: 'over 5 a second', retryAfterSeconds: '2.3' })
    if (how === 'log-only') throw new Fault('manager-pending', { reference: 'x' })
  })
  return router
}

const listeners: Record<'scim' | 'problem', Listener | undefined> = { scim: undefined, problem: undefined }
beforeAll(async () => {
  for (const form of ['scim', 'problem'] as const) {
    const app = createApp({
      log,
      form,
      routes: routes(),
      onAnswered: (ctx) => answered.push({ code: ctx.state.faultCode, status: ctx.status }),
    })
    listeners[form] = await listen(app, { port: 0, host: '127.0.0.1', graceMs: 500 })
  }
})
afterAll(() => Promise.all(Object.values(listeners).map((listener) => listener?.close())))
beforeEach(() => {
  logged.length = 0
  answered.length = 0
})

async function ask(path: string, init: RequestInit = {}, form: 'scim' | 'problem' = 'scim') {
  const response = await fetch(`http://127.0.0.1:${listeners[form]?.port}/api${path}`, init)
  const text = await response.text()
  const body: Record<string, unknown> = text === '' ? {} : JSON.parse(text)
  return { status: response.status, headers: response.headers, text, body }
}

function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = { 'content-type': 'application/scim+json' },
  form?: 'problem',
) {
  return ask('/things', { method: 'POST', body, headers }, form)
}

/** Sends bytes as they are, and gives what comes back until the connection ends. */
async function raw(text: string): Promise<string> {
  const socket = connect(listeners.scim?.port ?? 0, '127.0.0.1')
  let heard = ''
  socket.on('data', (chunk) => {
    heard += chunk.toString()
  })
  socket.write(text)
  await once(socket, 'close')
  return heard
}

describe('the error door', () => {
  test.each(['error', 'string', 'undefined', 'unserializable', 'log-only'])(
    'an error of ours (%s) is 500 in form, with nothing of its inside in the answer and all of it in the log',
    async (how) => {
      const { status, headers, text, body } = await ask(`/fails/${how}`)
      expect(status).toBe(500)
      expect(headers.get('content-type')).toBe('application/scim+json')
      expect(headers.get('etag')).toBeNull()
      expect(headers.get('location')).toBeNull()
      expect(body.schemas).toEqual(['urn:ietf:params:scim:api:messages:2.0:Error'])
      expect(text).not.toMatch(/secret|at .*\.ts|half/)
      if (how === 'error') expect(logged.join('')).toMatch(/inner secret.*app\.test\.ts/)
      if (how !== 'log-only') expect(answered).toEqual([{ code: 'internal-error', status: 500 }])
    },
  )

  test('SCIM: the four members of RFC 7644 section 3.12 only, status as text, code and correlation id at the end of detail', async () => {
    const { status, headers, body } = await ask('/fails/taken')
    expect(status).toBe(409)
    expect(body).toEqual({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '409',
      scimType: 'uniqueness',
      detail: `nora@acme.test is taken by another user of this instance. Rename or delete one of the two. [user-name-taken ${headers.get('correlation-id')}]`,
    })
    expect(answered).toEqual([{ code: 'user-name-taken', status: 409 }])
  })

  test('SCIM: what the scim package refuses is told by its own code', async () => {
    const { status, body } = await ask('/fails/scim')
    expect(status).toBe(400)
    expect(body).toMatchObject({ status: '400', scimType: 'invalidFilter' })
    expect(body.detail).toMatch(/^The filter is wrong at position 3: no operator\./)
  })

  test('problem+json (RFC 9457): code, correlation id, instance and where it is explained', async () => {
    const instanceId = '0199a1c2-0000-7000-8000-000000000001'
    const { headers, body } = await ask(`/instances/${instanceId}`, {}, 'problem')
    const correlationId = headers.get('correlation-id')
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(body).toEqual({
      type: '/docs/errors/slots-full',
      title: 'No free slot',
      status: 409,
      detail: 'There are two live API keys already. Revoke one first.',
      instance: `/admin/v1/instances/${instanceId}/explain/${correlationId}`,
      code: 'slots-full',
      correlationId,
      instanceId,
      retryable: false,
    })
  })

  test('503 and 429 say when to come again, in whole seconds, and the internal sentence stays in the log', async () => {
    const busy = await ask('/fails/busy')
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '5'])
    expect(busy.text).not.toContain('secret')
    expect(logged.join('')).toContain('inner secret')
    const limited = await ask('/fails/limit')
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3'])
  })
})

describe('a long answer', () => {
  test.each(['text', 'stream'])('as a %s goes out as gzip to who takes it, and says so to caches', async (kind) => {
    const { headers, body } = await ask(`/long/${kind}`, { headers: { 'accept-encoding': 'br, gzip;q=0.5' } })
    expect([headers.get('content-encoding'), headers.get('vary')]).toEqual(['gzip', 'Accept-Encoding'])
    expect(body).toEqual({ text: longText })
  })

  test.each(['identity', 'gzip;q=0', 'br', 'zstd;q=1, *;q=0'])(
    'is left alone for Accept-Encoding: %s',
    async (accepted) => {
      const { headers, body } = await ask('/long/text', { headers: { 'accept-encoding': accepted } })
      expect([headers.get('content-encoding'), headers.get('vary')]).toEqual([null, 'Accept-Encoding'])
      expect(body).toEqual({ text: longText })
    },
  )

  test('is a tenth of its size', async () => {
    const heard = await raw(
      'GET /api/long/text HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n',
    )
    expect(Number(/content-length: (\d+)/i.exec(heard)?.[1])).toBeLessThan(longText.length / 10)
  })

  test.each(['text', 'stream'])('as a %s has no body for HEAD', async (kind) => {
    const { status, text } = await ask(`/long/${kind}`, { method: 'HEAD', headers: { 'accept-encoding': 'gzip' } })
    expect([status, text]).toEqual([200, ''])
  })

  test('that breaks half way breaks the connection, compressed or not: half is never taken for whole', async () => {
    for (const accepted of ['gzip', 'identity']) {
      await expect(ask('/long/broken', { headers: { 'accept-encoding': accepted } })).rejects.toThrow()
    }
  })

  test('a short one is left alone', async () => {
    const { headers } = await ask('/things/1', { headers: { 'accept-encoding': 'gzip' } })
    expect([headers.get('content-encoding'), headers.get('vary')]).toEqual([null, 'Accept-Encoding'])
  })
})

describe('routing', () => {
  test('an unknown address is 404 in form, with and without a body', async () => {
    expect((await ask('/nothing')).body).toMatchObject({ status: '404' })
    expect((await ask('/nothing', {}, 'problem')).body).toMatchObject({ status: 404, code: 'route-not-found' })
  })

  test('another method at a known address is 405 with Allow', async () => {
    const { status, headers, body } = await ask('/things/1', { method: 'PATCH' })
    expect([status, headers.get('allow'), body.status]).toEqual([405, 'GET, HEAD, OPTIONS, PUT', '405'])
  })

  test('OPTIONS is answered with Allow at a known address, and 404 elsewhere', async () => {
    const known = await ask('/things/1', { method: 'OPTIONS' })
    expect([known.status, known.headers.get('allow'), known.text]).toEqual([204, 'GET, HEAD, OPTIONS, PUT', ''])
    expect((await ask('/nothing', { method: 'OPTIONS' })).status).toBe(404)
  })

  test('an address in so many words is not one with a parameter', async () => {
    expect((await ask('/things/search', { method: 'PATCH' })).headers.get('allow')).toBe('OPTIONS, POST')
    expect((await ask('/things/search', { method: 'OPTIONS' })).headers.get('allow')).toBe('OPTIONS, POST')
  })

  test('an address ends with or without a slash', async () => {
    expect((await ask('/things/1/')).body).toMatchObject({ id: '1' })
  })

  test.each(['/things/%', '/things/%zz', '/things/%c3%28', '/%e0%a4%a'])(
    'the broken percent-encoding of %s is 404',
    async (path) => {
      const heard = await raw(`GET /api${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      expect(heard).toMatch(/^HTTP\/1\.1 404 [\s\S]*application\/scim\+json/)
    },
  )

  test('a path parameter that cannot be right names nothing', async () => {
    expect((await ask('/instances/7', {}, 'problem')).body).toMatchObject({ status: 404, code: 'not-found' })
  })
})

describe('the request context', () => {
  test('each answer has a correlation id that was minted here, and gives X-Request-Id back', async () => {
    const headers = { 'correlation-id': 'mine', 'x-request-id': 'caller-7' }
    const [first, second] = [await ask('/things/1', { headers }), await ask('/nothing')]
    expect(first.headers.get('correlation-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    expect(first.body.correlationId).toBe(first.headers.get('correlation-id'))
    expect(first.headers.get('x-request-id')).toBe('caller-7')
    expect(second.headers.get('correlation-id')).not.toBe(first.headers.get('correlation-id'))
    expect(second.headers.get('x-request-id')).toBeNull()
  })

  test.each(['x'.repeat(129), 'a b', '\u00e9\u00e9'])(
    'an X-Request-Id that is no plain token is not given back',
    async (id) => {
      expect((await ask('/things/1', { headers: { 'x-request-id': id } })).headers.get('x-request-id')).toBeNull()
    },
  )
})

describe('a body', () => {
  test('of JSON in UTF-8 is read, by either media type, with a charset or without', async () => {
    for (const type of [
      'application/scim+json',
      'application/json; charset=utf-8',
      'Application/SCIM+JSON;charset="UTF-8"',
    ]) {
      const { status, headers, body } = await post('{"name":"Zoë 😀"}', { 'content-type': type })
      expect(status).toBe(201)
      expect(headers.get('location')).toBe('/api/things/1')
      expect(headers.get('content-type')).toBe('application/scim+json')
      expect(body).toEqual({ name: 'Zoë 😀' })
    }
    expect((await post('{"a":1}', { 'content-type': 'application/json' }, 'problem')).headers.get('content-type')).toBe(
      'application/json',
    )
  })

  test.each<[string, Record<string, string>, string | Uint8Array<ArrayBuffer>]>([
    ['another media type', { 'content-type': 'text/plain' }, '{}'],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'a=1'],
    ['another charset', { 'content-type': 'application/json; charset=iso-8859-1' }, '{}'],
    ['an unknown charset', { 'content-type': 'application/json; charset=foo' }, '{}'],
    ['gzip', { 'content-type': 'application/scim+json', 'content-encoding': 'gzip' }, gzipSync('{}')],
    ['something that says it is gzip', { 'content-type': 'application/scim+json', 'content-encoding': 'gzip' }, '{}'],
  ])('of %s is 415', async (_, headers, body) => {
    const answer = await post(body, headers)
    expect(answer.status).toBe(415)
    expect(answer.body.status).toBe('415')
  })

  test.each<[string, string | Uint8Array<ArrayBuffer>, RegExp]>([
    ['malformed', '{"a":1,}', /double quotes is expected, at position 7/],
    ['cut off', '{"a":[1,2', /ends too early, at position 9/],
    ['with something after it', '{} {}', /follows the value, at position 3/],
    ['empty', '', /it is empty/],
    ['a list', '[]', /it is not an object/],
    ['null', 'null', /it is not an object/],
    ['that is not UTF-8', Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]), /it is not UTF-8/],
    ['nested too deep', `${'{"a":'.repeat(80)}1${'}'.repeat(80)}`, /nested deeper than 64/],
    ['with half a surrogate pair', '{"a":"\\ud800"}', /half a character/],
  ])('%s is 400 with the place', async (_, body, where) => {
    const answer = await post(body)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({
      status: '400',
      scimType: 'invalidSyntax',
      detail: expect.stringMatching(where),
    })
  })

  test('that names a member twice is refused by the admin API; a SCIM client is read by its last', async () => {
    const twice = '{"a":{"b":1,"\\u0062":2}}'
    const refused = await post(twice, { 'content-type': 'application/json' }, 'problem')
    expect(refused.status).toBe(400)
    expect(refused.body).toMatchObject({
      code: 'body-not-json',
      detail: expect.stringMatching(/"b" is there twice, at position 12/),
    })
    expect((await post(twice)).body).toEqual({ a: { b: 2 } })
    const equalNamesApart = '{"a":{"b":1},"c":{"b":1},"d":[{"b":1},{"b":2}]}'
    expect((await post(equalNamesApart, { 'content-type': 'application/json' }, 'problem')).status).toBe(201)
  })

  test.each([
    '[1e400]',
    '{"a":-1e400}',
    '{"a": 9007199254740993}',
    '[0,1.5e-999]',
    `[0.${'0'.repeat(400)}1]`,
    '[[12345678901234567890]]',
  ])('with a number that would come back as another is 400: %s', async (value) => {
    const answer = await post(`{"a":${value}}`)
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringMatching(/more digits than can be kept/)])
  })

  test('of many ids is read as fast as its parser can: ids are no numbers', async () => {
    const ids = Array.from({ length: 20 }, (_, n) => `1e123456-7890-4e00-81e4-12345678901${n % 10}`)
    expect((await post(JSON.stringify({ ids }))).body).toEqual({ ids })
  })

  test('never reaches a prototype', async () => {
    expect((await post('{"__proto__":{"polluted":1},"a":1}')).text).toBe('{"a":1}')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('of exactly the limit is read, one byte more is 413', async () => {
    const sized = (bytes: number) => JSON.stringify({ a: 'x'.repeat(bytes - '{"a":""}'.length) })
    expect((await post(sized(limitBytes))).status).toBe(201)
    const answer = await post(sized(limitBytes + 1))
    expect(answer.status).toBe(413)
    expect(answer.body.detail).toMatch(/^The body has over 1000 bytes\./)
  })

  test('over the limit by its Content-Length is refused before a byte of it came', async () => {
    const heard = await raw(
      'POST /api/things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2000\r\nConnection: close\r\n\r\n',
    )
    expect(heard).toMatch(/^HTTP\/1\.1 413 /)
  }, 15_000)

  test('over the limit without a Content-Length is refused while it comes, and the client sees the answer', async () => {
    const chunk = `${(50_000).toString(16)}\r\n${'x'.repeat(50_000)}\r\n`
    const heard = await raw(
      `POST /api/things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(40)}0\r\n\r\n`,
    )
    expect(heard).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close[\s\S]*body-too-large/)
  })

  test('far over the limit is refused with an answer that the client sees whole, and the connection ends', async () => {
    const head = `POST /api/things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n\r\n`
    const heard = await raw(`${head}${'x'.repeat(4_000_000)}`)
    expect(heard).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close[\s\S]*body-too-large/)
  })

  test('that the client asks about first (Expect) is asked for only when it is wanted', async () => {
    const head = (length: number) =>
      `POST /api/things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`
    expect(await raw(`${head(7)}{"a":1}`)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /)
    expect(await raw(`${head(2_000)}${'x'.repeat(2_000)}`)).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('that breaks off is never answered with an error of ours', async () => {
    const socket = connect(listeners.scim?.port ?? 0, '127.0.0.1')
    socket.write(
      'POST /api/things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a"',
    )
    await once(socket, 'connect')
    await ask('/things/1')
    socket.destroy()
    await expect.poll(() => answered.map(({ code }) => code)).toContain('body-not-json')
    expect(logged.join('')).not.toContain('"level":"error"')
  })
})

describe('validation in the admin API', () => {
  test('tells all faults at once, each with its pointer (RFC 6901)', async () => {
    const { status, body } = await ask(
      '/things/1',
      {
        method: 'PUT',
        body: '{"name":"long","kind":"c","rows":[{"a/b":"x"},{"a/b":1,"more":1}],"other":1}',
        headers: { 'content-type': 'application/json' },
      },
      'problem',
    )
    expect(status).toBe(422)
    expect(body).toMatchObject({ code: 'validation-failed', detail: expect.stringMatching(/^5 values/) })
    expect(body.errors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ pointer: '/name', code: 'too-long' }),
        expect.objectContaining({ pointer: '/kind', code: 'not-allowed-value', allowed: ['a', 'b'] }),
        expect.objectContaining({ pointer: '/rows/0/a~1b', code: 'wrong-type' }),
        expect.objectContaining({ pointer: '/rows/1/more', code: 'unknown-member' }),
        expect.objectContaining({ pointer: '/other', code: 'unknown-member' }),
      ]),
    )
  })

  test('a missing member is required', async () => {
    const { body } = await ask(
      '/things/1',
      { method: 'PUT', body: '{"rows":[]}', headers: { 'content-type': 'application/json' } },
      'problem',
    )
    expect(body.errors).toEqual([
      { pointer: '/name', code: 'required', detail: 'It is required.' },
      { pointer: '/kind', code: 'required', detail: 'It is required.' },
    ])
  })

  test('unknown parameters, wrong ones and repeated ones are refused by name', async () => {
    expect((await ask('/query?limit=7', {}, 'problem')).body).toEqual({ limit: 7 })
    const { status, body } = await ask('/query?limit=x&kind=a&kind=b&color=red', {}, 'problem')
    expect(status).toBe(422)
    expect((body.errors as { parameter: string }[]).map(({ parameter }) => parameter).sort()).toEqual([
      'color',
      'kind',
      'limit',
    ])
  })
})

describe('headers', () => {
  test.each<[string, string, string]>([
    ['none', '', 'token-missing'],
    ['another scheme', 'Authorization: Basic YTpi\r\n', 'token-missing'],
    ['Bearer without a token', 'Authorization: Bearer \r\n', 'token-missing'],
    ['two tokens in one header', 'Authorization: Bearer a b\r\n', 'token-invalid'],
    ['two headers', 'Authorization: Bearer a\r\nauthorization: Bearer b\r\n', 'token-invalid'],
    ['characters that no token has', 'Authorization: Bearer "a"\r\n', 'token-invalid'],
  ])('%s instead of a Bearer token is 401 with WWW-Authenticate', async (_, header, code) => {
    const heard = await raw(`GET /api/secured HTTP/1.1\r\nHost: a\r\n${header}Connection: close\r\n\r\n`)
    expect(heard).toMatch(/^HTTP\/1\.1 401 [\s\S]*www-authenticate: Bearer\r\n/)
    expect(heard).toContain(`[${code} `)
    expect(heard).toContain('"status":"401"')
  })

  test('a token stands neither in the address nor in the body', async () => {
    const token = 'upat_0123456789abcdefghij'
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' }
    const inAddress = await ask(`/secured?access_token=${token}`, { headers })
    expect(inAddress).toMatchObject({ status: 403, body: { scimType: 'sensitive' } })
    const inBody = await ask('/secured', { method: 'POST', headers, body: JSON.stringify({ title: token }) })
    expect(inBody).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } })
    expect(inAddress.text + inBody.text + logged.join('')).not.toContain(token)
  })

  test('a Bearer token is read, whatever the case of the scheme', async () => {
    expect((await ask('/secured', { headers: { authorization: 'bEARER a.b-c_d~e' } })).body).toEqual({
      token: 'a.b-c_d~e',
    })
  })

  test('who has the current version is told so and gets no body', async () => {
    for (const tag of ['"7"', 'W/"7"', '"6", "7"', '*']) {
      const answer = await ask('/things/1', { headers: { 'if-none-match': tag } })
      expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([304, '', '"7"'])
    }
    expect((await ask('/things/1', { headers: { 'if-none-match': '"6"' } })).status).toBe(200)
    expect((await ask('/things/1', { headers: { 'if-none-match': '7' } })).status).toBe(400)
  })

  test('If-Match names versions, weakened by a proxy or not; a tag that is none matches nothing', async () => {
    const matched = async (header: string) => (await ask('/things/1', { headers: { 'if-match': header } })).body.matched
    expect(await matched('"7", W/"8"')).toEqual([7, 8])
    expect(await matched('*')).toBe('*')
    expect(await matched('"x"')).toEqual([-1])
    expect((await ask('/things/1')).body.matched).toBeNull()
  })

  test('an Idempotency-Key has 8 to 128 visible characters, quoted or not, and comes once', async () => {
    const key = async (text: string) => ask('/once', { method: 'POST', headers: { 'idempotency-key': text } })
    expect((await key('6f1c52d0-2b7e')).body).toEqual({ key: '6f1c52d0-2b7e' })
    expect((await key('"6f1c52d0-2b7e"')).body).toEqual({ key: '6f1c52d0-2b7e' })
    expect((await ask('/once', { method: 'POST' })).body).toEqual({ key: null })
    for (const wrong of ['short', 'x'.repeat(129), 'with blanks in it', '"short"'])
      expect((await key(wrong)).status).toBe(400)
    const twice = await raw(
      'POST /api/once HTTP/1.1\r\nHost: a\r\nIdempotency-Key: 12345678\r\nIdempotency-Key: 12345678\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
    )
    expect(twice).toMatch(/^HTTP\/1\.1 400 /)
  })
})
