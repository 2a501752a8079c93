import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { serviceNames } from '@user-provisioning/contracts/service-name'
import type { Constellation } from '@user-provisioning/devstack/constellation'
import { commandLine } from '../harness/command-line.ts'
import { readConnection } from '../harness/connection.ts'
import { type OwnSystem, withOwnSystem } from '../harness/own-system.ts'
import { readCorpus, select } from './corpus.ts'
import type { Tenant } from './exchange.ts'
import { type Result, runCorpus, summary } from './run-corpus.ts'

const help = `Runs the conformance cases while replicas are killed: two of each service, a random one after the other by SIGKILL.

  pnpm test:conformance-chaos

  --kills N        kills there must be in all (20), and at least two of each service: the cases run until then
  --every MS       the time between two kills, on average (3000)
  --only REGEX     only these cases
  --lanes N        topics side by side (4)
  --client COMMAND run this instead of the cases; it finds two instances in BASE, TOKEN, BASE2, TOKEN2

What is answered 503 or cut off is repeated, as IdPs do; time limits are ten times as long. Exit status 0 only when nothing failed.
`

const values = commandLine(help, {
  kills: { type: 'string', default: '20' },
  every: { type: 'string', default: '3000' },
  only: { type: 'string' },
  lanes: { type: 'string', default: '4' },
  client: { type: 'string' },
})

const say = (text: string) => process.stdout.write(`${text}\n`)

/** Kills a random replica now and then, as long as `working`. Counts, by service. */
async function killReplicas(constellation: Constellation, kills: Map<string, number>, working: () => boolean) {
  const everyMs = Number(values.every)
  while (working()) {
    await wait(randomInt(everyMs / 4, (everyMs * 7) / 4))
    const running = constellation.processes()
    const victim = running[randomInt(running.length || 1)]
    if (!victim || !working()) continue
    process.kill(victim.pid, 'SIGKILL')
    kills.set(victim.service, (kills.get(victim.service) ?? 0) + 1)
  }
}

type Client = (tenants: readonly [Tenant, Tenant][]) => Promise<boolean>

/** Runs the topics, some side by side, each lane on two instances of its own. True when nothing failed. */
const cases: Client = async (pairs) => {
  const topics = [...Map.groupBy(select(readCorpus(), { only: values.only }), ({ topic }) => topic).values()]
  const results: Result[] = []
  async function lane(tenants: [Tenant, Tenant]): Promise<void> {
    for (let topic = topics.shift(); topic; topic = topics.shift()) {
      const outcome = await runCorpus(topic, { tenants, retry: true, maxMsFactor: 10 }, ({ one, failure }) => {
        if (failure !== undefined) say(`FAIL  ${one.topic}/${one.name}\n${failure.replaceAll(/^/gm, '      ')}`)
      })
      results.push(...outcome)
    }
  }
  await Promise.all(pairs.map(lane))
  say(summary(results.toSorted((a, b) => a.one.topic.localeCompare(b.one.topic))))
  return results.length > 0 && results.every(({ verdict }) => verdict === 'passed')
}

const command =
  (line: string): Client =>
  async ([pair]) => {
    const [first, second] = pair ?? []
    const env = { ...process.env, BASE: first?.url, TOKEN: first?.token, BASE2: second?.url, TOKEN2: second?.token }
    const [code] = await once(spawn(line, { shell: true, stdio: 'inherit', env }), 'exit')
    return code === 0
  }

async function runUnderKills({ connectionFile, start }: OwnSystem): Promise<boolean> {
  const lanes = Number(values.lanes)
  const replicas = Object.fromEntries(serviceNames.map((service) => [service, 2]))
  const constellation = await start({ replicas, instances: 2 * lanes })
  const tenants = readConnection(connectionFile).scim.map(({ tenantUrl, secretToken }): Tenant => {
    return { url: tenantUrl, token: secretToken }
  })
  const pairs = Array.from({ length: lanes }, (_, lane) => tenants.slice(2 * lane, 2 * lane + 2) as [Tenant, Tenant])
  const client = values.client === undefined ? cases : command(values.client)
  const kills = new Map<string, number>(serviceNames.map((service) => [service, 0]))
  const enough = () =>
    [...kills.values()].every((count) => count >= 2) &&
    [...kills.values()].reduce((sum, count) => sum + count) >= Number(values.kills)
  let succeeded = true
  let working = true
  const killing = killReplicas(constellation, kills, () => working)
  try {
    while (succeeded && !enough()) {
      const startedAt = performance.now()
      succeeded = await client(pairs)
      say(`${((performance.now() - startedAt) / 1_000).toFixed(0)} s, replicas killed so far:`)
      for (const [service, count] of kills) say(`  ${service.padEnd(18)} ${count}`)
    }
  } finally {
    working = false
    await killing
  }
  return succeeded
}

process.exitCode = (await withOwnSystem('chaos', {}, runUnderKills)) ? 0 : 1
