import { writeFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { percentile } from '@user-provisioning/idp-simulator/latencies'
import { columns } from '@user-provisioning/idp-simulator/simulation-text'
import { commandLine } from '../harness/command-line.ts'
import { readConnection } from '../harness/connection.ts'
import { type Body, entraUser, newInstance, type TestInstance } from '../harness/instance.ts'
import { type OwnSystem, withOwnSystem } from '../harness/own-system.ts'
import { openObserver } from '../harness/settled.ts'
import { until } from '../harness/until.ts'
import { peakMb, resetPeak } from './process-cost.ts'

const help = `An import of very many accounts: how fast it is, how much memory it takes, and what an IdP notices of it.

  pnpm bench import

  --rows N         (100000)
  --per-second N   the job's throttle; none
  --json FILE      the results as JSON too
`

const values = commandLine(
  help,
  {
    rows: { type: 'string', default: '100000' },
    'per-second': { type: 'string' },
    json: { type: 'string' },
  },
  process.argv.slice(3),
)

interface Latency {
  readonly p50Ms: number
  readonly p99Ms: number
}

interface ImportResults {
  readonly rows: number
  readonly perSecond: number | null
  readonly uploadSeconds: number
  readonly jobSeconds: number
  /** Of the ingress while the file comes in; of identity-service until the job has ended. */
  readonly peakMb: { readonly ingressBefore: number; readonly ingress: number; readonly identity: number }
  /** A lone SCIM create, before the import and beside it. */
  readonly create: { readonly alone: Latency; readonly beside: Latency }
  readonly progress: Body
}

const say = (text: string) => process.stdout.write(`${text}\n`)

/** Creates one user after the other until told to stop. */
async function measureCreates(instance: TestInstance, name: string, isOver: () => boolean): Promise<Latency> {
  const times: number[] = []
  while (!isOver()) {
    const user = entraUser(instance.unique(`${name}${times.length}@harbour.test`))
    const begun = performance.now()
    const { status } = await instance.scim('POST', '/Users', user)
    times.push(performance.now() - begun)
    if (status !== 201) throw new Error(`a create was answered ${status}`)
    await wait(20)
  }
  const sorted = times.toSorted((a, b) => a - b)
  return { p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) }
}

async function measureImport({ connectionFile, start }: OwnSystem, rows: number): Promise<ImportResults> {
  await start()
  const connection = readConnection(connectionFile)
  await using observer = await openObserver(connection)
  const instance = await newInstance(connection)
  const pids = (service: string) => connection.processes.filter((one) => one.service === service).map(({ pid }) => pid)
  const [ingress, identity] = [pids('scim-ingress'), pids('identity-service')]

  const warm = Date.now() + 5_000
  await measureCreates(instance, 'warm', () => Date.now() >= warm)
  const aloneUntil = Date.now() + 10_000
  const alone = await measureCreates(instance, 'alone', () => Date.now() >= aloneUntil)
  await observer.settled()

  const encoder = new TextEncoder()
  const file = ReadableStream.from(
    (function* () {
      yield encoder.encode('userName,fields.firstName,fields.lastName,fields.email\n')
      for (let n = 0; n < rows; n++) {
        const name = instance.unique(`import${n}@harbour.test`)
        yield encoder.encode(`${name},First ${n},Last ${n},${name}\n`)
      }
    })(),
  )
  for (const pid of [...ingress, ...identity]) resetPeak(pid)
  const ingressBefore = peakMb(ingress)
  const begun = performance.now()
  const sent = await fetch(`${connection.admin.url}/admin/v1/instances/${instance.id}/users/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${connection.admin.token}`, 'content-type': 'text/csv' },
    body: file,
    duplex: 'half',
  })
  const job: Body = await sent.json()
  const uploadSeconds = (performance.now() - begun) / 1_000
  say(`${rows} rows sent in ${uploadSeconds.toFixed(1)} s: ${sent.status}`)
  const perSecond = values['per-second'] === undefined ? null : Number(values['per-second'])
  if (perSecond !== null) await instance.admin('PATCH', `/jobs/${job.id}`, { perSecond })
  let isOver = false
  const creating = measureCreates(instance, 'beside', () => isOver)
  const ended = await until(
    'the end of the job',
    async () => {
      await wait(200)
      const { body } = await instance.admin('GET', `/jobs/${job.id}`)
      return body.endedAt === null ? undefined : body
    },
    1_800_000,
  )
  isOver = true
  return {
    rows,
    perSecond,
    uploadSeconds,
    jobSeconds: (Date.parse(ended.endedAt) - Date.parse(ended.startedAt)) / 1_000,
    peakMb: { ingressBefore, ingress: peakMb(ingress), identity: peakMb(identity) },
    create: { alone, beside: await creating },
    progress: ended.progress,
  }
}

function importTable({ rows, perSecond, uploadSeconds, jobSeconds, peakMb: peak, create, progress }: ImportResults) {
  const table = columns([
    ['a lone SCIM create', 'p50 ms', 'p99 ms'],
    ...Object.entries(create).map(([when, { p50Ms, p99Ms }]) => [when, p50Ms.toFixed(1), p99Ms.toFixed(1)]),
  ])
  const throttle = perSecond === null ? 'no throttle' : `throttle ${perSecond}/s`
  return [
    `${rows} rows, ${throttle}: sent in ${uploadSeconds.toFixed(1)} s, imported in ${jobSeconds.toFixed(0)} s: ${(rows / jobSeconds).toFixed(0)} rows/s`,
    `failed ${progress.failed}; peak RSS MB: ingress ${peak.ingress.toFixed(0)} (${peak.ingressBefore.toFixed(0)} before), identity ${peak.identity.toFixed(0)}`,
    table,
  ].join('\n')
}

const rows = Number(values.rows)
const measured = await withOwnSystem('bench-import', { fullSpeed: true }, (system) => measureImport(system, rows))
say(`\n${importTable(measured)}`)
if (values.json) await writeFile(values.json, JSON.stringify(measured, null, 2))
