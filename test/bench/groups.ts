import { writeFile } from 'node:fs/promises'
import { percentile } from '@user-provisioning/idp-simulator/latencies'
import { columns } from '@user-provisioning/idp-simulator/simulation-text'
import { commandLine } from '../harness/command-line.ts'
import { readConnection } from '../harness/connection.ts'
import { copyUser } from '../harness/copied-users.ts'
import { entraUser, newInstance, patch, schemas } from '../harness/instance.ts'
import { type OwnSystem, withOwnSystem } from '../harness/own-system.ts'
import { openObserver } from '../harness/settled.ts'
import { peakMb, resetPeak } from './process-cost.ts'

const help = `A group of very many members: how long requests about it take, and the most memory that services have meanwhile.

  pnpm bench groups

  --members N   (100000)
  --json FILE   the results as JSON too
`

const values = commandLine(
  help,
  {
    members: { type: 'string', default: '100000' },
    json: { type: 'string' },
  },
  process.argv.slice(3),
)

/** One request about the large group: how long it took, and the most memory that a service had meanwhile. */
interface Step {
  readonly what: string
  readonly status: number
  readonly seconds: number
  readonly ingressMb: number
  readonly identityMb: number
}

interface GroupResults {
  readonly members: number
  readonly steps: readonly Step[]
  readonly addOneP50Ms: { readonly to10: number; readonly toLarge: number }
}

const additions = 200

const say = (text: string) => process.stdout.write(`${text}\n`)

/** A group of very many members, next to one of ten. The members are copies of one user, put into the store directly. */
async function measureGroups({ connectionFile, start }: OwnSystem, members: number): Promise<GroupResults> {
  await start()
  const connection = readConnection(connectionFile)
  await using observer = await openObserver(connection)
  const instance = await newInstance(connection)
  const { body: first } = await instance.scim('POST', '/Users', entraUser(instance.unique('first@harbour.test')))
  await observer.settled()
  const ids = await copyUser(connection.stores.mongodbUri, first.id, members + 2 * additions)
  say(`${ids.length} users`)
  const pids = (service: string) => connection.processes.filter((one) => one.service === service).map(({ pid }) => pid)
  const [ingress, identity] = [pids('scim-ingress'), pids('identity-service')]
  const steps: Step[] = []

  async function step(what: string, method: string, path: string, body?: unknown): Promise<string> {
    for (const pid of [...ingress, ...identity]) resetPeak(pid)
    const begun = performance.now()
    const res = await fetch(instance.tenantUrl + path, {
      method,
      headers: { authorization: `Bearer ${instance.secretToken}`, 'content-type': 'application/scim+json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await res.text()
    const taken = {
      seconds: (performance.now() - begun) / 1_000,
      ingressMb: peakMb(ingress),
      identityMb: peakMb(identity),
    }
    steps.push({ what, status: res.status, ...taken })
    say(`${what}: ${res.status} in ${taken.seconds.toFixed(1)} s`)
    await observer.settled(300_000)
    return text
  }
  const create = async (name: string, more: Record<string, unknown> = {}): Promise<string> =>
    (await instance.scim('POST', '/Groups', { schemas: [schemas.group], displayName: instance.unique(name), ...more }))
      .body.id
  const valuesOf = (of: readonly string[]) => of.map((value) => ({ value }))

  const small = await create('small', { members: valuesOf(ids.slice(0, 10)) })
  const large = await create('large')
  const path = `/Groups/${large}`
  const all = ids.slice(0, members)
  await step('PATCH adds all of them', 'PATCH', path, patch({ op: 'add', path: 'members', value: valuesOf(all) }))
  const read = JSON.parse(await step('GET of the group', 'GET', path))
  if (read.members.length !== members) say(`${read.members.length} members were read`)
  await step('GET without members', 'GET', `${path}?excludedAttributes=members`)
  await step('GET of a list with it', 'GET', '/Groups?count=100')
  await step('GET of the same', 'GET', path)

  const times: { small: number[]; large: number[] } = { small: [], large: [] }
  for (const [n, id] of ids.slice(members).entries()) {
    const to = n % 2 === 0 ? 'small' : 'large'
    const begun = performance.now()
    const added = patch({ op: 'add', path: 'members', value: [{ value: id }] })
    await instance.scim('PATCH', `/Groups/${to === 'small' ? small : large}`, added)
    times[to].push(performance.now() - begun)
  }
  await observer.settled(300_000)

  const put = { schemas: [schemas.group], displayName: instance.unique('large 2') }
  await step('PUT with one other', 'PUT', path, { ...put, members: valuesOf(ids.slice(1, members + 1)) })
  await step(
    'PATCH replaces by half',
    'PATCH',
    path,
    patch({ op: 'replace', path: 'members', value: valuesOf(all.slice(members / 2)) }),
  )
  await step('DELETE of the group', 'DELETE', path)
  await step('POST with all of them', 'POST', '/Groups', { ...put, members: valuesOf(all) })
  return {
    members,
    steps,
    addOneP50Ms: {
      to10: percentile(times.small.toSorted(byValue), 0.5),
      toLarge: percentile(times.large.toSorted(byValue), 0.5),
    },
  }
}

function groupTable({ members, steps, addOneP50Ms }: GroupResults): string {
  const { to10, toLarge } = addOneP50Ms
  const table = columns([
    [`${members} members`, 'status', 'seconds', 'peak RSS MB: ingress', 'identity'],
    ...steps.map(({ what, status, seconds, ingressMb, identityMb }) => [
      what,
      String(status),
      seconds.toFixed(2),
      ingressMb.toFixed(0),
      identityMb.toFixed(0),
    ]),
  ])
  const ratio = (toLarge / to10).toFixed(2)
  return `${table}\n\nadd one member: p50 ${to10.toFixed(1)} ms to 10, ${toLarge.toFixed(1)} ms to ${members}: ${ratio} (budget 1.2)`
}

function byValue(a: number, b: number): number {
  return a - b
}

const members = Number(values.members)
const measured = await withOwnSystem('bench-groups', { fullSpeed: true }, (system) => measureGroups(system, members))
say(`\n${groupTable(measured)}`)
if (values.json) await writeFile(values.json, JSON.stringify(measured, null, 2))
