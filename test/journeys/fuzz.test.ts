import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { entraUser, patch, type TestInstance } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { rawRequest } from '../harness/raw-request.ts'

/** Longer: FUZZ_SECONDS=600 pnpm test:system fuzz. The same again: FUZZ_SEED as a failure printed it. */
const seconds = Number(process.env.FUZZ_SECONDS ?? 8)
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31))
const atOnce = 8

/** Mulberry32: numbers in [0, 1) that a seed repeats. */
function numbers(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const pieces = [
  ...[
    '\r\n',
    '\n',
    '\0',
    '\r\n\r\n',
    ': ',
    '%00',
    '%0d%0a',
    '%',
    '/../',
    '//',
    '?',
    '&',
    '#',
    '"',
    '\\',
    '\\u0000',
    '\\ud800',
    ',',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    '[[[[[[[[',
    '{"a":',
    'null',
    '1e400',
    '-0',
    '9007199254740993',
    '__proto__',
    'constructor',
    '$where',
    '.',
  ],
  ...[
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Expect: 100-continue\r\n',
    'Host: b\r\n',
    'Upgrade: h2c\r\n',
  ],
  ...[
    'If-Match: *\r\n',
    'If-None-Match: W/"1"\r\n',
    'Content-Encoding: gzip\r\n',
    'Accept: text/html\r\n',
    ' eq ',
    ' and not (',
    'members',
  ],
  ...[
    'emails[type eq "work"]',
    'urn:ietf:params:scim:schemas:core:2.0:User:',
    'remove',
    'replace',
    'add',
    'x'.repeat(5_000),
  ],
]

/** Changes a request in a few places, or makes one of nothing but noise. */
function mutated(request: Buffer, random: () => number): Buffer {
  const below = (limit: number) => Math.floor(random() * limit)
  if (random() < 0.05) return Buffer.from(Array.from({ length: 1 + below(2_000) }, () => below(256)))
  let bytes = request
  for (let change = 1 + below(4); change > 0; change--) {
    const at = below(bytes.length)
    const until = Math.min(bytes.length, at + 1 + below(20))
    const kinds: (() => Buffer)[] = [
      () => Buffer.from([below(256)]),
      () => Buffer.from(pieces[below(pieces.length)] ?? ''),
      () => bytes.subarray(below(bytes.length), below(bytes.length)),
      () => Buffer.alloc(0),
    ]
    const put = kinds[below(kinds.length)]?.() ?? Buffer.alloc(0)
    bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(random() < 0.5 ? at : until)])
  }
  return bytes
}

/** One valid request of each kind. */
function requests(instance: TestInstance, ids: { user: string; group: string }): { url: string; bytes: Buffer }[] {
  const { admin } = platform.connection()
  const made = (base: string, token: string, type: string) => (method: string, path: string, body?: unknown) => {
    const url = new URL(base + path)
    const text = body === undefined ? '' : JSON.stringify(body)
    const head = [
      `${method} ${url.pathname}${url.search} HTTP/1.1`,
      `Host: ${url.host}`,
      `Authorization: Bearer ${token}`,
      ...(text === '' ? [] : [`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(text)}`]),
      'Connection: close',
    ]
    return { url: base, bytes: Buffer.from(`${head.join('\r\n')}\r\n\r\n${text}`) }
  }
  const scim = made(instance.tenantUrl, instance.secretToken, 'application/scim+json; charset=utf-8')
  const manage = made(`${admin.url}/admin/v1/instances/${instance.id}`, admin.token, 'application/json')
  const user = entraUser(instance.unique('nora@harbour.test'))
  return [
    scim('GET', '/Users?filter=userName%20eq%20%22nora%22&startIndex=1&count=5&attributes=id,emails.value'),
    scim(
      'GET',
      '/Users?filter=emails%5Btype%20eq%20%22work%22%20and%20value%20co%20%22a%22%5D%20or%20not%20(active%20eq%20true)',
    ),
    scim('GET', `/Users/${ids.user}`),
    scim('GET', `/Groups/${ids.group}?excludedAttributes=members`),
    scim('GET', '/Schemas'),
    scim('POST', '/Users', user),
    scim('PUT', `/Users/${ids.user}`, user),
    scim(
      'PATCH',
      `/Users/${ids.user}`,
      patch(
        { op: 'Replace', path: 'emails[type eq "work"].value', value: 'a@b.test' },
        { op: 'Add', value: { 'name.givenName': 'Nora' } },
        { op: 'Remove', path: 'title' },
      ),
    ),
    scim(
      'PATCH',
      `/Groups/${ids.group}`,
      patch({ op: 'Add', path: 'members', value: [{ $ref: null, value: ids.user }] }),
    ),
    scim('POST', '/Groups', { displayName: instance.unique('Crew'), members: [{ value: ids.user }] }),
    scim('POST', '/Users/.search', { filter: 'userName pr', count: 2 }),
    scim('POST', '/Bulk', { Operations: [{ method: 'POST', path: '/Users', bulkId: 'a', data: user }] }),
    manage('GET', '/users?limit=3'),
    manage('POST', '/users', { userName: instance.unique('ola@harbour.test'), displayName: 'Ola' }),
    manage('POST', '/objects', { type: 'job-title', name: 'Engineer' }),
    manage('GET', '/provisioning-log'),
  ]
}

test(
  `whatever the bytes are, no answer is of ours at fault, none tells of the inside, and all of it lives on (seed ${seed})`,
  async () => {
    const instance = await platform.instance()
    const pids = platform.connection().processes.map(({ pid }) => pid)
    const user = await instance.scim('POST', '/Users', entraUser(instance.unique('ada@harbour.test')))
    const group = await instance.scim('POST', '/Groups', { displayName: instance.unique('Crew of Ada') })
    const valid = requests(instance, { user: user.body.id, group: group.body.id })
    const random = numbers(seed)
    const until = performance.now() + seconds * 1_000
    const statuses = new Map<number, number>()
    let sent = 0

    async function attack(): Promise<void> {
      while (performance.now() < until) {
        const { url, bytes: request } = valid[Math.floor(random() * valid.length)] ??
          valid[0] ?? { url: '', bytes: Buffer.alloc(0) }
        const bytes = mutated(request, random)
        sent++
        // What is not a whole request is waited for; the client of this test has nothing more to say.
        const answer = await rawRequest(url, bytes, { ends: true })
        for (const status of answer.statuses) statuses.set(status, (statuses.get(status) ?? 0) + 1)
        const told = `request ${sent} of seed ${seed}, base64: ${bytes.toString('base64')}\nanswer: ${answer.text.slice(0, 2_000)}`
        expect(
          answer.statuses.filter((status) => status >= 500 && status !== 501),
          told,
        ).toEqual([])
        expect(answer.text, told).not.toMatch(/\bat .+\.[jt]s:\d+|node_modules|MongoServerError|KafkaJS/)
        expect(answer.ms, told).toBeLessThan(20_000)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, attack))

    process.stdout.write(
      `fuzz, seed ${seed}: ${sent} requests, answers ${JSON.stringify(Object.fromEntries([...statuses].sort()))}\n`,
    )
    expect(statuses.size).toBeGreaterThan(3)
    expect(platform.connection().processes.map(({ pid }) => pid)).toEqual(pids)
    expect((await instance.scim('GET', '/Users?count=1')).status).toBe(200)
    await platform.settled()
  },
  (seconds + 100) * 1_000,
)
