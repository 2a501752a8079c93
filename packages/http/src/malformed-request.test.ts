import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { createLogger } from '@user-provisioning/runtime/logging'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createApp, createRouter } from './app.ts'
import { readJsonBody } from './body.ts'
import { type Listener, listen } from './listen.ts'

const log = createLogger({ service: 'test', replica: 'test', level: 'silent' })
const begun: string[] = []
let listener: Listener

beforeAll(async () => {
  const router = createRouter()
  router.get('/here', (ctx) => {
    begun.push(ctx.url)
    ctx.body = { method: ctx.method }
  })
  router.get('/later', async (ctx) => {
    await setImmediate()
    ctx.body = { method: ctx.method }
  })
  router.post('/here', async (ctx) => {
    begun.push(ctx.url)
    ctx.body = await readJsonBody(ctx, { limitBytes: 100_000 })
  })
  const app = createApp({ log, form: 'scim', routes: router })
  listener = await listen(app, { port: 0, host: '127.0.0.1', form: 'scim', graceMs: 100 })
})
afterAll(() => listener.close())
afterEach(() => {
  begun.length = 0
  vi.useRealTimers()
})

function open() {
  const socket = connect(listener.port, '127.0.0.1')
  const heard = { text: '' }
  socket.on('data', (chunk) => {
    heard.text += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  return { socket, heard, closed: once(socket, 'close') }
}

/** Sends bytes as they are, and gives what comes back until the connection ends. */
async function raw(text: string): Promise<string> {
  const { socket, heard, closed } = open()
  socket.write(text, 'latin1')
  await closed
  return heard.text
}

const host = 'Host: a\r\n'
const post = `POST /here HTTP/1.1\r\n${host}`
const smuggled = 'GET /here?smuggled HTTP/1.1\r\nHost: a\r\n\r\n'

describe('what two servers could read in two ways is 400 in form, and the connection ends (RFC 9112 sections 6.3 and 11.2)', () => {
  test.each([
    [
      'Content-Length with Transfer-Encoding',
      `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['two lengths', `${post}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`],
    ['a list of lengths', `${post}Content-Length: 3, 3\r\n\r\nabc`],
    ['a length with a sign', `${post}Content-Length: +3\r\n\r\nabc`],
    ['a length beyond all numbers', `${post}Content-Length: 99999999999999999999999\r\n\r\nabc`],
    ['an unknown transfer coding', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['chunked that is not last', `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ['a blank before the colon', `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['a folded header', `GET /here HTTP/1.1\r\n${host}X-A: b\r\n c\r\n\r\n`],
    ['lines that end in LF', 'GET /here HTTP/1.1\nHost: a\n\n'],
    ['a CR in a value', `GET /here HTTP/1.1\r\n${host}X-A: b\rc\r\n\r\n`],
    ['a NUL in a value', `GET /here HTTP/1.1\r\n${host}X-A: b\0c\r\n\r\n`],
    ['a chunk size that is no number', `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
    ['a chunk size beyond all numbers', `${post}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\na\r\n`],
    ['a chunk extension without an end', `${post}Transfer-Encoding: chunked\r\n\r\n1;${'e'.repeat(30_000)}\r\na\r\n`],
    [
      'a length among the trailers',
      `${post}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n`,
    ],
    ['two hosts', `GET /here HTTP/1.1\r\n${host}Host: b\r\nConnection: close\r\n\r\n`],
    ['no host', 'GET /here HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['an unknown method', `BREW /here HTTP/1.1\r\n${host}\r\n`],
    ['a blank in the address', `GET /here now HTTP/1.1\r\n${host}\r\n`],
    ['an address that is not ASCII', `GET /h\xe9re HTTP/1.1\r\n${host}\r\n`],
    ['CONNECT', `CONNECT evil.test:443 HTTP/1.1\r\n${host}\r\n`],
  ])('%s', async (_, request) => {
    const heard = await raw(request + (request.includes('Connection: close') ? '' : smuggled))
    expect(heard).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(heard.match(/HTTP\/1\.1 /g)).toHaveLength(1)
    expect(heard).toMatch(/content-type: application\/scim\+json\r\n/i)
    expect(JSON.parse(heard.slice(heard.indexOf('{')))).toMatchObject({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '400',
      detail: expect.stringMatching(/\[(request-malformed|body-not-json) [0-9a-f-]{36}\]$/),
    })
    expect(begun).not.toContain('/here?smuggled')
  })
})

test.each([
  ['an address of 20 kB', `GET /here?${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`],
  [
    '3,000 headers',
    `GET /here HTTP/1.1\r\n${host}${Array.from({ length: 3_000 }, (_, n) => `a${n}: b\r\n`).join('')}\r\n`,
  ],
  ['a header of 1 MB', `GET /here HTTP/1.1\r\n${host}X-A: ${'b'.repeat(1_000_000)}\r\n\r\n`],
])('%s is 431 in form', async (_, request) => {
  const heard = await raw(request)
  expect(heard).toMatch(/^HTTP\/1\.1 431 [\s\S]*application\/scim\+json[\s\S]*\[headers-too-large /)
})

describe('what is odd and clear is served', () => {
  test.each([
    ['an absolute address', `GET http://evil.test/here HTTP/1.1\r\n${host}`],
    [
      'an upgrade that nobody offers',
      `GET /here HTTP/1.1\r\n${host}Upgrade: websocket\r\nConnection: Upgrade, close\r\n`,
    ],
    [
      'an upgrade to HTTP/2',
      `GET /here HTTP/1.1\r\n${host}Upgrade: h2c\r\nHTTP2-Settings: x\r\nConnection: Upgrade, close\r\n`,
    ],
    ['an unknown expectation', `GET /here HTTP/1.1\r\n${host}Expect: applause\r\n`],
    ['HTTP/1.0', 'GET /here HTTP/1.0\r\n'],
    ['empty lines before it', `\r\n\r\nGET /here HTTP/1.1\r\n${host}`],
  ])('%s', async (_, request) => {
    const heard = await raw(`${request}${request.includes('Connection') ? '' : 'Connection: close\r\n'}\r\n`)
    expect(heard).toMatch(/^HTTP\/1\.1 200 [\s\S]*\{"method":"GET"\}/)
  })

  test('a client that has closed its side hears its answer', async () => {
    const { socket, heard, closed } = open()
    socket.end(`GET /later HTTP/1.1\r\n${host}\r\nGET /here HTTP/1.1\r\n${host}\r\nnonsense\r\n\r\n`)
    await closed
    expect(heard.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 400'])
  })

  test('requests in a row on one connection are answered in their order, the one that is none last', async () => {
    const heard = await raw(
      `GET /here HTTP/1.1\r\n${host}\r\nHEAD /here HTTP/1.1\r\n${host}\r\nGET /gone HTTP/1.1\r\n${host}\r\nnonsense\r\n\r\n`,
    )
    expect(heard.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 400'])
  })
})

test('a body of pieces of a byte is read whole', async () => {
  const body = JSON.stringify({ name: 'Nora Quist' })
  const chunks = [...body].map((character) => `1\r\n${character}\r\n`).join('')
  const heard = await raw(`${post}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunks}0\r\n\r\n`)
  expect(heard).toMatch(/^HTTP\/1\.1 200 [\s\S]*\{"name":"Nora Quist"\}/)
})

test('a body that does not come is 408 in form, and the connection ends', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { socket, heard, closed } = open()
  socket.write(`${post}Content-Length: 100\r\n\r\n{"a"`)
  while (begun.length === 0) await setImmediate()
  await vi.advanceTimersByTimeAsync(15_000)
  await vi.waitFor(() => expect(heard.text).toMatch(/^HTTP\/1\.1 408 [\s\S]*connection: close[\s\S]*request-too-slow/i))
  socket.end()
  await closed
})
