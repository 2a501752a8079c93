import { columns } from '@user-provisioning/idp-simulator/simulation-text'
import { escapeKey } from '@user-provisioning/mongo/key-escaping'
import { ScimError } from '@user-provisioning/scim/errors'
import { toMongoQuery } from '@user-provisioning/scim/filter-mongo'
import { parseFilter } from '@user-provisioning/scim/filter-parser'
import { type JsonObject, parseJson } from '@user-provisioning/scim/json'
import { applyPatch, parsePatch } from '@user-provisioning/scim/patch'
import { presentUser } from '@user-provisioning/scim/present'
import { type Projection, project } from '@user-provisioning/scim/projection'
import { readResource } from '@user-provisioning/scim/resource'
import { enterpriseUserSchema, userType } from '@user-provisioning/scim/schema'
import { Bench } from 'tinybench'

/** What packages/scim takes for the work of one request, beside the floor that it must stay under. */

const options = { type: userType, escapeKey, resolveReference: () => ({}) }
const compile = (text: string) => toMongoQuery(parseFilter(text, userType), options)

/** A user of about this many bytes as JSON: most of it e-mail and postal addresses. */
function userOf(bytes: number): JsonObject {
  const emails: JsonObject[] = [{ type: 'work', value: 'nora@harbour.test', primary: true }]
  const addresses: JsonObject[] = []
  const user: JsonObject = {
    userName: 'nora@harbour.test',
    active: true,
    displayName: 'Nora Quist',
    name: { givenName: 'Nora', familyName: 'Quist' },
    emails,
    addresses,
    [enterpriseUserSchema]: { department: 'Deck', employeeNumber: '701984', manager: { value: 'm' } },
    'urn:acme:Ship:2.0:User': { berth: 'B-12', deck: 4 },
  }
  while (JSON.stringify(user).length < bytes) {
    const n = emails.length
    emails.push({ type: `t${n}`, value: `nora${n}@harbour.test`, display: 'An address for display' })
    addresses.push({
      type: `t${n}`,
      streetAddress: `${n} Harbour Street`,
      locality: 'Ystad',
      region: 'Skåne',
      country: 'SE',
    })
  }
  return user
}

const large = userOf(10_000)
const entraPatch: JsonObject = {
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations: [
    { op: 'Replace', path: 'displayName', value: 'Nora Quist-Berg' },
    { op: 'Add', path: 'nickName', value: 'Nora' },
    { op: 'Replace', path: 'name.familyName', value: 'Quist-Berg' },
    { op: 'Replace', path: 'emails[type eq "work"].value', value: 'nora.berg@harbour.test' },
    { op: 'Replace', path: `${enterpriseUserSchema}:department`, value: 'Bridge' },
  ],
}

const page = Array.from({ length: 100 }, (_, n) =>
  presentUser({
    id: `u${n}`,
    scim: userOf(2_000),
    scimVersion: 1,
    created: 'c',
    lastModified: 'l',
    base: 'https://x.test',
  }),
)
const attributes = ['userName', 'name.givenName', 'emails.value', `${enterpriseUserSchema}:department`, 'meta']

const pageWith = (projection: Projection) => page.map((user) => project(user, userType, projection))

const megabyte = 1_000_000
const nonsense: Readonly<Record<string, string>> = {
  'no JSON': 'nonsense '.repeat(megabyte / 9),
  'brackets without an end': '['.repeat(megabyte),
  'nested too deep': `${'['.repeat(megabyte / 2)}${']'.repeat(megabyte / 2)}`,
  'objects nested too deep': `${'{"a":'.repeat(megabyte / 7)}1${'}'.repeat(megabyte / 7)}`,
  'unknown attributes': `{${Array.from({ length: megabyte / 16 }, (_, n) => `"k${n}":"${n}"`).join(',')}}`,
  'operations that are none': `{"Operations":[${'1,'.repeat(megabyte / 2)}1]}`,
}

function refused(read: () => unknown): void {
  try {
    read()
  } catch (err) {
    if (err instanceof ScimError) return
    throw err
  }
  throw new Error('was not refused')
}

let count = 0
/** Each with its floor in microseconds. */
const tasks: Readonly<Record<string, [number, () => unknown]>> = {
  'filter, parsed and compiled, seen before': [5, () => compile('userName eq "x"')],
  'filter, parsed and compiled, never seen': [30, () => compile(`userName eq "${count++}"`)],
  'one Entra PATCH on a 10 kB user': [
    100,
    () => applyPatch(large, parsePatch(entraPatch, userType).operations, userType),
  ],
  'projection of a page of 100 users of 2 kB': [2_000, () => pageWith({ attributes })],
  'excluding from a page of 100 users of 2 kB': [
    2_000,
    () => pageWith({ excludedAttributes: ['groups', 'emails.display'] }),
  ],
  ...Object.fromEntries(
    Object.entries(nonsense).flatMap(([name, text]) => [
      [
        `POST of 1 MB refused: ${name}`,
        [50_000, () => refused(() => readResource(parseJson(text), userType, 'create'))],
      ],
      [`PATCH of 1 MB refused: ${name}`, [50_000, () => refused(() => parsePatch(parseJson(text), userType))]],
    ]),
  ),
}

const bench = new Bench({ time: 500, warmupTime: 200 })
for (const [name, [, run]] of Object.entries(tasks)) bench.add(name, run)
await bench.run()

const us = (milliseconds: number) => (milliseconds * 1_000).toFixed(1)
let missed = 0
const rows = bench.tasks.map(({ name, result }) => {
  if (result.state !== 'completed')
    throw new Error(`${name}: ${result.state}`, { cause: 'error' in result ? result.error : undefined })
  const [floor] = tasks[name] ?? [0]
  const { p50, p99 } = result.latency
  if (p50 * 1_000 > floor) missed += 1
  return [name, us(p50), us(p99), String(floor), p50 * 1_000 > floor ? 'missed' : '']
})
process.stdout.write(`${columns([['', 'p50 µs', 'p99 µs', 'floor µs', ''], ...rows])}\n`)
if (missed > 0) process.exitCode = 1
