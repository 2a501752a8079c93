// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the format writes variables so
// biome-ignore-all lint/suspicious/noThenProperty: the format calls it so, and nobody awaits a case
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type Case, casesFolder, readCorpus, select } from './corpus.ts'
import { runCase, type Target } from './run-case.ts'
import { summary } from './run-corpus.ts'

type Reply = (res: ServerResponse, req: IncomingMessage & { text: string }) => void
const json =
  (status: number, body?: unknown, headers: Record<string, string> = {}): Reply =>
  (res) => {
    res.writeHead(status, { 'content-type': 'application/scim+json', ...headers }).end(body ? JSON.stringify(body) : '')
  }
const cutOff: Reply = (res) => {
  res.writeHead(200, { 'content-length': '100' }).write('half', () => res.destroy())
}

/** A server that gives its replies in order, and what it was asked. */
async function serverWith(...replies: Reply[]): Promise<{ asked: string[]; target: Target }> {
  const asked: string[] = []
  const server = createServer(async (req, res) => {
    let text = ''
    for await (const chunk of req) text += chunk
    asked.push(`${req.method} ${req.url} ${text}`.trim())
    replies.shift()?.(res, Object.assign(req, { text }))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { asked, target: { tenants: [{ url, token: 't' }], retry: true } }
}

const caseOf = (parts: Partial<Case> & Pick<Case, 'request'>): Case => ({
  name: 'x',
  topic: 'x',
  client: 'generic',
  level: 'must',
  setup: [],
  then: [],
  cleanup: [],
  ...parts,
})
const get = { method: 'GET', path: '/Users' }

test('an answer that is not as expected fails with the request, the answer and each check', async () => {
  const { target } = await serverWith(json(200, { active: false }))
  const checks = [{ path: '$.active', op: 'eq', value: true } as const, { path: '$.id', op: 'notEmpty' } as const]
  const { failure } = await runCase(caseOf({ request: get, expect: { status: 200, checks } }), target)
  expect(failure).toContain('request: $.active eq true: it is false')
  expect(failure).toContain('$.id notEmpty: it is absent')
  expect(failure).toContain('sent: GET /Users')
  expect(failure).toContain('{"active":false}')
})

test.each([
  ['a 5xx that nobody expects', json(500), {}],
  ['a check on a body that is not there', json(200), { checks: [{ path: '$.a', op: 'eq', value: 1 } as const] }],
  ['a stack', json(400, { detail: 'x\n    at f (/a/b.js:1:2)' }), { status: 400 }],
  ['429 without Retry-After', json(429), { status: 429 }],
])('%s fails', async (_, reply, expected) => {
  const { target } = await serverWith(reply)
  expect((await runCase(caseOf({ request: get, expect: expected }), target)).failure).toBeDefined()
})

test('what a case created is deleted, after a failure too', async () => {
  const { target, asked } = await serverWith(json(201, { id: 'a b' }), json(204))
  const request = { method: 'POST', path: '/Users', body: { userName: 'nora' } }
  expect((await runCase(caseOf({ request, expect: { status: 400 } }), target)).failure).toBeDefined()
  expect(asked[1]).toBe('DELETE /Users/a%20b')
})

test('values flow from one step to the next: captured, collected, walked and repeated', async () => {
  const page = (ids: string[], next?: string) => json(200, { Resources: ids.map((id) => ({ id })), nextCursor: next })
  const { target, asked } = await serverWith(
    page(['a'], 'c1'),
    page(['b'], 'c2'),
    page(['c']),
    json(204),
    json(204),
    json(204),
  )
  const walk = { capture: { cursor: '$.nextCursor' }, collect: { ids: '$.Resources[*].id' } }
  const next = { method: 'GET', path: '/Users', query: { cursor: '${cursor}' } }
  const remove = { method: 'DELETE', path: '/Users/${item}' }
  const one = caseOf({
    request: get,
    ...walk,
    then: [
      { request: next, repeat: 9, while: 'cursor', ...walk },
      { request: remove, forEach: 'ids' },
    ],
  })
  expect((await runCase(one, target)).failure).toBeUndefined()
  expect(asked).toEqual([
    'GET /Users',
    'GET /Users?cursor=c1',
    'GET /Users?cursor=c2',
    'DELETE /Users/a',
    'DELETE /Users/b',
    'DELETE /Users/c',
  ])
})

test('503 and a broken connection are answered by the same request again', async () => {
  const { target, asked } = await serverWith(
    json(503, undefined, { 'retry-after': '0' }),
    cutOff,
    json(200, { id: 'x' }),
  )
  const request = { method: 'PUT', path: '/Users/x', body: { userName: '${uuid+}' } }
  const { failure, repeated } = await runCase(caseOf({ request, expect: { status: 200 } }), target)
  expect(failure).toBeUndefined()
  expect(repeated).toBe(2)
  expect(new Set(asked).size).toBe(1)
})

test('a repeated create that is told 409 finds what the lost attempt made', async () => {
  const found = { id: 'x', userName: 'nora', meta: { version: 'W/"1"', location: '/Users/x' } }
  const { target, asked } = await serverWith(cutOff, json(409), json(200, { Resources: [found] }), json(204))
  const request = { method: 'POST', path: '/Users', body: { userName: 'nora' } }
  const checks = [{ header: 'etag', op: 'eq', value: 'W/"1"' } as const]
  expect((await runCase(caseOf({ request, expect: { status: 201, checks } }), target)).failure).toBeUndefined()
  expect(asked.at(-1)).toBe('DELETE /Users/x')
})

test('without repeats 503 is an answer, and a broken connection none', async () => {
  const { target } = await serverWith(json(503), cutOff)
  const once = { ...target, retry: false }
  expect((await runCase(caseOf({ request: get }), once)).failure).toContain('the status is 503')
  expect((await runCase(caseOf({ request: get }), once)).failure).toContain('ECONNRESET')
})

test('__proto__ is sent as a key like any other', async () => {
  const { target, asked } = await serverWith(json(400))
  const body = JSON.parse('{"__proto__": {"admin": true}}')
  await runCase(caseOf({ request: { method: 'POST', path: '/Users', body } }), target)
  expect(asked[0]).toBe('POST /Users {"__proto__":{"admin":true}}')
})

test('the corpus is read whole, and every topic has cases', () => {
  const corpus = readCorpus(casesFolder)
  expect(corpus.length).toBeGreaterThanOrEqual(390)
  expect(select(corpus, { only: '^16-bulk', level: 'must' }).every(({ level }) => level === 'must')).toBe(true)
  expect(summary([])).toContain('0 passed, 0 failed')
})
