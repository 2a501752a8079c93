import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { entraUser, patch, schemas, type TestInstance } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { openSocket, rawRequest } from '../harness/raw-request.ts'

/** Whatever is sent: an answer below 500 in bounded time, in form, with nothing of the inside; and the processes live on. */

let instance: TestInstance
let nora: { id: string }
let processes: readonly number[]

beforeAll(async () => {
  processes = platform.connection().processes.map(({ pid }) => pid)
  instance = await platform.instance()
  const created = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))
  expect(created.status).toBe(201)
  nora = created.body
})

afterAll(async () => {
  expect(platform.connection().processes.map(({ pid }) => pid)).toEqual(processes)
  const read = await instance.scim('GET', `/Users/${nora.id}`)
  expect(read.status).toBe(200)
  for (const name of ['polluted', 'isAdmin', 'hit']) expect(JSON.stringify(read.body)).not.toContain(name)
})

/** Names for tests whose input is long or cannot be printed. */
const labelled = (inputs: readonly string[]) =>
  inputs.map((input) => {
    const text = JSON.stringify(input)
    return [text.length > 60 ? `${text.slice(0, 40)}… (${input.length})` : text, input] as const
  })

const inside = /\bat .+\.[jt]s:\d+|node_modules|\.ts:|Mongo|Kafka|E11000|BSON/

/** Sends a request over a socket; anything may stand in it. */
async function send(
  method: string,
  path: string,
  { body, headers = '' }: { body?: string | Uint8Array; headers?: string } = {},
) {
  const url = new URL(instance.tenantUrl)
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const head = [
    `${method} ${url.pathname}${path} HTTP/1.1`,
    `Host: ${url.host}`,
    `Authorization: Bearer ${instance.secretToken}`,
    'Connection: close',
    ...(bytes === undefined ? [] : [`Content-Length: ${bytes.length}`]),
  ].join('\r\n')
  const withType =
    bytes !== undefined && !/content-type/i.test(headers) ? 'Content-Type: application/scim+json\r\n' : ''
  const request = Buffer.concat([
    Buffer.from(`${head}\r\n${withType}${headers}\r\n`, 'latin1'),
    bytes ?? Buffer.alloc(0),
  ])
  const { statuses, text, ms } = await rawRequest(instance.tenantUrl, request)
  const [status = 0] = statuses
  const answer = text.slice(text.indexOf('\r\n\r\n') + 4)
  expect(text).not.toMatch(inside)
  expect(text).not.toMatch(/^x-evil/im)
  expect(status).toBeGreaterThanOrEqual(200)
  expect(status).toBeLessThan(500)
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely by tests
  const json: any = answer.startsWith('{') ? JSON.parse(Buffer.from(answer, 'latin1').toString()) : undefined
  if (status >= 400) expect(json).toMatchObject({ schemas: [schemas.error], status: String(status) })
  return { status, json, text, ms }
}

const create = (body: string | Uint8Array, headers?: string) =>
  send('POST', '/Users', headers === undefined ? { body } : { body, headers })
const named = (members: string) => `{"userName":"${instance.unique(`${randomUUID()}@harbour.test`)}",${members}}`

describe('a body', () => {
  test.each<[string, string | Uint8Array, number]>([
    ['100,000 brackets', '['.repeat(100_000), 400],
    ['an object 50,000 deep', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`, 400],
    ['1 MB of nonsense', 'nonsense'.repeat(131_000), 400],
    ['1 MB of one open text', `{"userName":"${'\\n'.repeat(500_000)}`, 400],
    ['half a surrogate pair', '{"userName":"\\ud800"}', 400],
    ['half a surrogate pair in a name', '{"\\udfff":"x"}', 400],
    ['a surrogate in UTF-8', Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d]), 400],
    ['overlong UTF-8', Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xc0, 0xaf, 0x22, 0x7d]), 400],
    ['UTF-16', Buffer.from('\ufeff{"userName":"nora"}', 'utf16le'), 400],
    ['a NUL in a name', '{"userName":"x","urn:acme:1.0:User":{"a\\u0000b":1}}', 400],
    ['a raw NUL', '{"userName":"a\0b"}', 400],
    ['nothing', '', 400],
    ['only blanks', ' '.repeat(1_000_000), 400],
    ['100,000 operations', `{"Operations":[${'{"op":"add"},'.repeat(80_000)}{}]}`, 400],
    ['one attribute in two spellings', '{"userName":"a@harbour.test","USERNAME":"b@harbour.test"}', 400],
  ])('of %s is refused', async (_, body, status) => {
    const answer = await create(body)
    expect(answer.status).toBe(status)
    expect(answer.ms).toBeLessThan(5_000)
  })

  test.each([
    '1e400',
    '-1e999999',
    '9007199254740993',
    '-9007199254740993',
    '123456789012345678901234567890',
    '1e-400',
  ])('with the number %s, which cannot be kept, is refused with the place', async (number) => {
    const { status, json } = await create(named(`"urn:acme:scim:1.0:User":{"badge":${number}}`))
    expect(status).toBe(400)
    expect(json.detail).toMatch(/more digits than can be kept.*position \d+/)
  })

  test.each(['9007199254740991', '-9007199254740992', '1e308', '0.1', '-0', '1.0', '5e-324'])(
    'with the number %s comes back equal',
    async (number) => {
      const { status, json } = await create(named(`"urn:acme:scim:1.0:User":{"badge":${number}}`))
      expect(status).toBe(201)
      const read = await instance.scim('GET', `/Users/${json.id}`)
      expect(read.body['urn:acme:scim:1.0:User'].badge === Number(number)).toBe(true)
    },
  )

  test('with a byte order mark is read (RFC 8259 section 8.1)', async () => {
    expect((await create(`\ufeff${named('"active":true')}`)).status).toBe(201)
  })

  test('with a member twice is read by its last', async () => {
    const { json } = await create(named('"title":"First","title":"Last"'))
    expect(json.title).toBe('Last')
  })

  test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '$where', '$ref', 'a.b', ''])(
    'with members named %j changes no prototype and no other member',
    async (name) => {
      const odd = JSON.stringify(name)
      const { status, json } = await create(
        named(`${odd}:{"polluted":1},"name":{${odd}:{"hit":1},"givenName":"Nora"},"emails":[{${odd}:"hit","value":"x@y.test"}],
          "urn:acme:scim:1.0:User":{${odd}:{"isAdmin":true},"badge":7}`),
      )
      expect(status).toBe(201)
      const { body } = await instance.scim('GET', `/Users/${json.id}`)
      expect(body.name).toEqual({ givenName: 'Nora' })
      expect(body.emails).toEqual([{ value: 'x@y.test' }])
      expect(body['urn:acme:scim:1.0:User'].badge).toBe(7)
      expect(body).not.toHaveProperty('polluted')
    },
  )

  test('of 60,000 members that no schema has is refused in bounded time', async () => {
    const members = Array.from({ length: 60_000 }, (_, n) => `"k${n}":${n}`).join(',')
    const { status, ms } = await create(named(members))
    expect(status).toBe(400)
    expect(ms).toBeLessThan(5_000)
  })

  test.each(['gzip', 'deflate', 'br', 'gzip, gzip', 'zstd'])(
    'compressed by %s is 415 and never unpacked',
    async (coding) => {
      const bomb = gzipSync(Buffer.alloc(50_000_000))
      const answer = await create(bomb, `Content-Encoding: ${coding}\r\n`)
      expect(answer.status).toBe(415)
      expect(answer.ms).toBeLessThan(5_000)
    },
  )

  test.each([
    'application/scim+json; charset=utf-16',
    'application/json; charset=iso-8859-1',
    'text/html',
    'application/xml',
  ])('of type %s is 415', async (type) => {
    expect((await create('{}', `Content-Type: ${type}\r\n`)).status).toBe(415)
  })
})

describe('a PATCH', () => {
  test.each([
    ['__proto__.polluted', 'yes'],
    ['constructor.prototype.polluted', 'yes'],
    ['name.__proto__', { polluted: 1 }],
    ['name.constructor', { polluted: 1 }],
    ['emails[__proto__ eq "x"].value', 'x'],
    ['emails[type eq "work"].__proto__', { polluted: 1 }],
    ['urn:acme:scim:1.0:User:__proto__', { polluted: 1 }],
    ['urn:acme:scim:1.0:User:__proto__.polluted', 1],
    ['$where', 'sleep(1000)'],
    [`${'('.repeat(5_000)}`, 1],
    [`emails[${'not ('.repeat(500)}type pr${')'.repeat(500)}]`, 1],
    ['a'.repeat(9_000), 1],
    ['\u0000', 1],
    ['emails[type eq "\\ud800"]', { value: 'x' }],
  ] as const)('%# of an odd path is refused or ignored', async (path, value) => {
    for (const op of ['add', 'replace', 'remove']) {
      const { status } = await send('PATCH', `/Users/${nora.id}`, { body: JSON.stringify(patch({ op, path, value })) })
      expect([200, 400]).toContain(status)
    }
  })

  test.each(['__proto__', 'constructor', 'constructor.prototype', '__proto__.polluted'])(
    'of an object with the member %s is refused or ignored',
    async (name) => {
      const body = `{"Operations":[{"op":"add","value":{${JSON.stringify(name)}:{"polluted":1}}}]}`
      expect([200, 400]).toContain((await send('PATCH', `/Users/${nora.id}`, { body })).status)
    },
  )

  test('after PATCH cannot make a user larger than a message takes', async () => {
    const created = await create(named('"active":true'))
    let last = 200
    for (let n = 0; n < 8 && last === 200; n++) {
      const value = Array.from({ length: 100 }, (_, index) => ({ type: `t${n}-${index}`, value: 'x'.repeat(9_000) }))
      const body = JSON.stringify(patch({ op: 'add', path: 'ims', value }))
      last = (await send('PATCH', `/Users/${created.json.id}`, { body })).status
    }
    expect(last).toBe(413)
    expect((await instance.scim('DELETE', `/Users/${created.json.id}`)).status).toBe(204)
    await platform.settled()
  })
})

describe('a filter', () => {
  const lookUp = (filter: string) => send('GET', `/Users?filter=${encodeURIComponent(filter)}`)

  test.each(
    labelled([
      `${'('.repeat(1_000)}userName pr${')'.repeat(1_000)}`,
      `${'not ('.repeat(500)}userName pr${')'.repeat(500)}`,
      `emails[${'('.repeat(60)}type pr${')'.repeat(60)}]`,
      `userName eq "${'x'.repeat(9_000)}"`,
      'userName eq "\\ud800"',
      'userName eq "\\x41"',
      'userName\0 eq "x"',
      'meta.created gt "9999999-99-99T99:99:99Z"',
      'password eq "Tide-9-Harbour"',
      `${'userName eq "a" or '.repeat(5_000)}userName pr`,
    ]),
  )('%s is refused', async (_, filter) => {
    const { status, json, ms } = await lookUp(filter)
    expect([400, 403, 431]).toContain(status)
    expect(json.detail).not.toContain('Tide-9')
    expect(ms).toBeLessThan(5_000)
  })

  test.each(
    labelled([
      'userName eq 1e99999',
      '__proto__ eq "x"',
      'constructor.name eq "Object"',
      'toString pr',
      '$where eq "1"',
      '_id pr',
      'instanceId pr',
      'scim.userName pr',
      `userName co "${'(a+)+'.repeat(500)}$"`,
      `userName sw "${'.*'.repeat(1_000)}"`,
      `${'(userName co "a" and '.repeat(40)}userName pr${')'.repeat(40)}`,
      `${'userName co "zz" or '.repeat(350)}userName co "zz"`,
    ]),
  )('%s finds nobody whom it should not', async (_, filter) => {
    const { status, json, ms } = await lookUp(filter)
    expect([200, 400]).toContain(status)
    if (status === 200) expect(json.totalResults).toBeLessThanOrEqual(1_000)
    expect(ms).toBeLessThan(12_000)
  })

  test.each([
    ['startIndex', '99999999999999999999'],
    ['startIndex', '999999999999999'],
    ['count', '1e400'],
    ['count', '-9007199254740993'],
    ['sortBy', '__proto__'],
    ['sortBy', '$where'],
    ['attributes', 'a,'.repeat(3_000)],
    ['attributes', '__proto__,constructor,toString'],
    ['excludedAttributes', 'id,schemas,userName,__proto__'],
    ['cursor', '\u0000\u{1f6a2}'],
  ])('%# and the parameter %s are answered in form', async (name, value) => {
    const { status, ms } = await send('GET', `/Users?${name}=${encodeURIComponent(value)}`)
    expect([200, 400]).toContain(status)
    expect(ms).toBeLessThan(5_000)
  })
})

describe('an id that nobody made', () => {
  test.each(
    labelled([
      '%00',
      'a%0d%0aX-Evil:%201',
      '%22',
      "'",
      '%F0%9F%9A%A2',
      '%E0%A4%A',
      '%ZZ',
      '..%2f..%2f..%2fadmin%2fv1%2finstances',
      '%2e%2e%2f%2e%2e',
      '....//',
      'a%2Fb',
      'constructor',
      '__proto__',
      '{$ne:null}',
      '*',
      'x'.repeat(8_000),
      '%25%30%30',
      ';drop',
      'a?b=c#d',
    ]),
  )('%s is 404, and never in a header', async (_, id) => {
    for (const method of ['GET', 'DELETE']) {
      const { status, text } = await send(method, `/Users/${id}`)
      expect(status).toBe(404)
      expect(text.slice(0, text.indexOf('\r\n\r\n'))).not.toContain(id.slice(0, 100))
    }
  })

  test.each([
    '/../../../etc/passwd',
    '/Users/../Groups',
    '//Users',
    '/Users//',
    '/%55sers',
    '/Users%2f',
    '/;/Users',
    '/Users;v=1',
  ])('and the address %s leads nowhere else', async (path) => {
    expect([200, 404]).toContain((await send('GET', path)).status)
  })
})

describe('a user name', () => {
  test.each(
    labelled([
      'a"b',
      "a'b",
      'a\\b',
      'a b',
      'a/b',
      'a%00b',
      'a%0d%0ab',
      'a\r\nX-Evil: 1',
      'a\u0000b',
      'a\u202eb',
      'a\u200bb',
      'zo\u0308e',
      '\u{1f6a2}\u26f5\ufe0f',
      '<script>',
      '$'.concat('{jndi:ldap://x}'),
      '{{7*7}}',
      '(*)',
      '$ne',
      'x'.repeat(255),
      'x'.repeat(1_000),
      'i\u0307\u0130\u0131I',
      '\ufdfa',
    ]),
  )('%s is found by itself, in its own letters, and freed by a delete', async (_, odd) => {
    const userName = `${instance.unique(randomUUID())}${odd}`
    const { status, json, text } = await create(JSON.stringify(entraUser(userName)))
    expect(status).toBe(201)
    expect(json.userName).toBe(userName)
    expect(text).toContain(`/Users/${json.id}\r\n`)
    const filter = `userName eq ${JSON.stringify(userName)}`
    expect((await send('GET', `/Users?filter=${encodeURIComponent(filter)}`)).json).toMatchObject({
      totalResults: 1,
      Resources: [{ id: json.id, userName }],
    })
    const again = await create(JSON.stringify(entraUser(userName)))
    expect(again).toMatchObject({ status: 409, json: { scimType: 'uniqueness' } })
    expect(again.json.detail.length).toBeLessThan(600)
    expect((await send('DELETE', `/Users/${json.id}`)).status).toBe(204)
  })
})

describe('a text of 900,000 characters', () => {
  const long = () => `${instance.unique(randomUUID())}${'x'.repeat(900_000)}`

  test.each(['userName', 'externalId', 'displayName'])('as %s of a user is stored or refused', async (name) => {
    const userName = instance.unique(`${randomUUID()}@harbour.test`)
    const { status, json, ms } = await create(JSON.stringify({ userName, [name]: long() }))
    expect([201, 400, 413]).toContain(status)
    expect(ms).toBeLessThan(10_000)
    if (status !== 201) return
    const body = JSON.stringify(patch({ op: 'replace', path: name, value: long() }))
    expect([200, 413]).toContain((await send('PATCH', `/Users/${json.id}`, { body })).status)
    expect((await send('DELETE', `/Users/${json.id}`)).status).toBe(204)
  })

  test('as displayName of a group with members is stored or refused, and all of it is told', async () => {
    const body = JSON.stringify({ displayName: long(), members: [{ value: nora.id }] })
    const { status, json } = await send('POST', '/Groups', { body })
    expect([201, 400, 413]).toContain(status)
    if (status === 201) expect((await send('DELETE', `/Groups/${json.id}`)).status).toBe(204)
    await platform.settled()
  })
})

const listeners = ['SCIM', 'admin'] as const

/** How one of the two listeners is reached, and in which form it refuses. */
function at(which: (typeof listeners)[number]) {
  const { admin } = platform.connection()
  const [base, token, collection, type] =
    which === 'SCIM'
      ? [instance.tenantUrl, instance.secretToken, '/Users', 'application/scim+json']
      : [`${admin.url}/admin/v1`, admin.token, '/instances', 'application/json']
  const path = `${new URL(base).pathname}${collection}`
  return {
    base,
    path,
    type,
    head: (method: string, more = '') =>
      `${method} ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n${more}`,
    inForm: which === 'SCIM' ? /application\/scim\+json/i : /application\/problem\+json/i,
  }
}

describe.each(listeners)('the %s listener', (which) => {
  test.each([
    ['Content-Length and Transfer-Encoding', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}'],
    ['a folded header', 'X-A: a\r\n b\r\n\r\n'],
    ['an obscured Transfer-Encoding', 'Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n'],
    ['two hosts', 'Host: b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'],
  ])('refuses %s, and does not carry out what is behind it', async (_, rest) => {
    const { base, head, inForm } = at(which)
    const answer = await rawRequest(base, head('POST', rest) + head('GET', '\r\n'), {
      enough: () => false,
    })
    expect(answer.statuses[0]).toBe(400)
    expect(answer.statuses).toHaveLength(1)
    expect(answer.text).toMatch(inForm)
    expect(answer.text).toContain('request-malformed')
  })

  test('answers a flood of headers with 431', async () => {
    const { base, head, inForm } = at(which)
    const flood = Array.from({ length: 20_000 }, (_, n) => `X-${n}: ${'a'.repeat(50)}\r\n`).join('')
    const answer = await rawRequest(base, head('GET', `${flood}\r\n`))
    expect(answer.statuses).toEqual([431])
    expect(answer.text).toMatch(inForm)
  })

  test('takes no name or address from the request: Location comes from its own configuration', async () => {
    const { base, head, path, type } = at(which)
    const body =
      which === 'SCIM'
        ? JSON.stringify(entraUser(instance.unique(`${randomUUID()}@harbour.test`)))
        : JSON.stringify({ name: `Hostile ${randomUUID()}` })
    const request = head('POST', `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n`)
      .replace(`POST ${path}`, `POST http://evil.test${path}`)
      .replace('Host: a', 'Host: evil.test')
    const answer = await rawRequest(
      base,
      `${request}X-Forwarded-Host: evil.test\r\nForwarded: host=evil.test\r\nX-Original-URL: /admin\r\n\r\n${body}`,
    )
    expect(answer.statuses).toEqual([201])
    expect(answer.text).not.toContain('evil')
  })

  test('answers requests in a row in their order, and who has closed its side', async () => {
    const { base, head } = at(which)
    const socket = openSocket(base)
    let heard = ''
    socket.on('data', (chunk) => {
      heard += chunk.toString()
    })
    socket.end(`${head('GET', '\r\n')}${head('DELETE', '\r\n')}`)
    await once(socket, 'close')
    expect([...heard.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)).toEqual(['200', '405'])
  })
})

describe.concurrent.each(listeners)('the %s listener, towards who is slow,', (which) => {
  test('ends a connection that never says what it wants', async () => {
    const { base, head, inForm } = at(which)
    const answer = await rawRequest(base, head('GET', 'X-Slow: '), { enough: () => false, deadlineMs: 20_000 })
    expect(answer.statuses).toEqual([408])
    expect(answer.text).toMatch(inForm)
  })

  test('does not wait for a body that does not come', async () => {
    const { base, head, inForm, type } = at(which)
    const slow = head('POST', `Content-Type: ${type}\r\nContent-Length: 100\r\n\r\n{"a"`)
    const answer = await rawRequest(base, slow, { enough: () => false, deadlineMs: 35_000 })
    expect(answer.statuses[0]).toBe(408)
    expect(answer.text).toMatch(inForm)
  })
})
