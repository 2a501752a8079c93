import { writeFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { jobTitles } from '@user-provisioning/idp-simulator/directory'
import { type SimulationReport, simulate } from '@user-provisioning/idp-simulator/simulate'
import { columns } from '@user-provisioning/idp-simulator/simulation-text'
import { commandLine } from '../harness/command-line.ts'
import { readConnection } from '../harness/connection.ts'
import { newInstance } from '../harness/instance.ts'
import { type OwnSystem, withOwnSystem } from '../harness/own-system.ts'
import { openObserver } from '../harness/settled.ts'
import { type Delays, measureDelays } from './delays.ts'
import { type ProcessCost, processCost } from './process-cost.ts'
import { measureYardstick, type Yardstick } from './yardstick.ts'

const help = `Measures the whole system beside what the bare parts do on the same machine in the same run.

  pnpm bench
  pnpm bench scim      packages/scim alone, beside its floors
  pnpm bench lists     pages of an instance of 100,000 users
  pnpm bench hostile   what one instance notices while another is attacked

  --users N     people in the simulated directory at concurrency 64 (2000); a tenth of it alone, half of it at 16
  --seconds N   how long each yardstick is measured (4)
  --json FILE   the results as JSON too
`

const values = commandLine(help, {
  users: { type: 'string', default: '2000' },
  seconds: { type: 'string', default: '4' },
  json: { type: 'string' },
})

interface Results {
  yardstick: Yardstick
  idle: ProcessCost[]
  cycles: Record<string, SimulationReport['operations']>
  delays: Delays
  ratios: Record<string, number>
}

const say = (text: string) => process.stdout.write(`${text}\n`)
const ms = (value: number) => value.toFixed(1)

function yardstickTable(yardstick: Yardstick): string {
  return columns([
    ['yardstick', '1: per s', 'p50 ms', 'p99 ms', '64: per s', 'p50 ms', 'p99 ms'],
    ...Object.entries(yardstick).map(([name, { one, many }]) => [
      name,
      ...[one, many].flatMap((measured) => [measured.perSecond.toFixed(0), ms(measured.p50Ms), ms(measured.p99Ms)]),
    ]),
  ])
}

function cycleTable(cycles: Results['cycles']): string {
  return columns([
    ['operation', 'in flight', 'count', 'failed', 'per s', 'p50 ms', 'p95 ms', 'p99 ms'],
    ...Object.entries(cycles).flatMap(([inFlight, operations]) =>
      Object.entries(operations).map(([operation, summary]) => [
        operation,
        inFlight,
        String(summary.count),
        String(summary.failed),
        summary.perSecond.toFixed(0),
        ms(summary.p50Ms),
        ms(summary.p95Ms),
        ms(summary.p99Ms),
      ]),
    ),
  ])
}

async function measureAll({ stores, connectionFile, start }: OwnSystem): Promise<Results> {
  say('measuring the yardstick')
  const yardstick = await measureYardstick(stores, Number(values.seconds))
  say(`\n${yardstickTable(yardstick)}\n`)
  say('starting the five services')
  await start()
  const connection = readConnection(connectionFile)
  await using observer = await openObserver(connection)
  const instance = await newInstance(connection)
  for (const name of jobTitles) await instance.admin('POST', '/objects', { type: 'job-title', name })
  await observer.settled()
  // What the start left to be done (compiling, collecting) is not idling.
  await wait(15_000)
  const idle = await processCost(connection.processes, 20)
  const cycles: Results['cycles'] = {}
  const users = Number(values.users)
  for (const [concurrency, people] of [
    [16, 100],
    [1, users / 10],
    [16, users / 2],
    [64, users],
  ] as const) {
    const report = await simulate({ ...instance, users: people, groups: 5, concurrency })
    if (report.failures.length + report.differences.length > 0) {
      say(`at ${concurrency}: ${report.failures.length} failures, ${report.differences.length} differences`)
    }
    await observer.settled(120_000)
    // The first cycle warms the compilers up.
    if (people !== 100) {
      cycles[concurrency] = report.operations
      say(`${concurrency} in flight: ${report.requests} requests in ${report.seconds.toFixed(1)} s`)
    }
  }
  const jobTitle = await newInstance(connection)
  await jobTitle.admin('POST', '/objects', { type: 'job-title', name: 'Engineer' })
  const delays = await measureDelays(jobTitle, 50)
  const loneCreate = delays.loneCreate.p50Ms
  const createAt64 = cycles[64]?.['create user']?.perSecond ?? Number.NaN
  const bare = yardstick['mongodb transaction']
  const ratios = {
    'lone create p50 / (round trip + transaction)':
      loneCreate / (yardstick['kafka round trip'].one.p50Ms + bare.one.p50Ms),
    'create at 64 / bare transactions at 64': createAt64 / bare.many.perSecond,
  }
  return { yardstick, idle, cycles, delays, ratios }
}

say('starting MongoDB and Kafka')
const results = await withOwnSystem('bench', { fullSpeed: true }, measureAll)
say(`\n${cycleTable(results.cycles)}\n`)
say(
  columns([
    ['idle', 'RSS MB', 'CPU %'],
    ...results.idle.map(({ service, rssMb, cpuPercent }) => [service, rssMb.toFixed(0), cpuPercent.toFixed(2)]),
    ['all', '', results.idle.reduce((sum, { cpuPercent }) => sum + cpuPercent, 0).toFixed(2)],
  ]),
)
const { loneCreate, hireToLink, hireToHistory } = results.delays
say(`\nlone create      p50 ${ms(loneCreate.p50Ms)} ms, p99 ${ms(loneCreate.p99Ms)} ms`)
say(`hire to link     p50 ${ms(hireToLink.p50Ms)} ms, p99 ${ms(hireToLink.p99Ms)} ms`)
say(`hire to history  p50 ${ms(hireToHistory.p50Ms)} ms, p99 ${ms(hireToHistory.p99Ms)} ms\n`)
say(yardstickTable(results.yardstick))
for (const [name, ratio] of Object.entries(results.ratios)) say(`${name}: ${ratio.toFixed(2)}`)
if (values.json) await writeFile(values.json, JSON.stringify(results, null, 2))
