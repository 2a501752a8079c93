import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Latencies } from '@user-provisioning/idp-simulator/latencies'
import { columns } from '@user-provisioning/idp-simulator/simulation-text'
import { commandLine } from '../harness/command-line.ts'
import { readConnection } from '../harness/connection.ts'
import { entraUser, newInstance, type TestInstance } from '../harness/instance.ts'
import { withOwnSystem } from '../harness/own-system.ts'

const help = `What one instance notices while another one is attacked by those who hold its token: creates and lookups, before and during.

  pnpm bench hostile

  --seconds N   of each (20)
`

const values = commandLine(help, { seconds: { type: 'string', default: '20' } }, process.argv.slice(3))
const seconds = Number(values.seconds)
const say = (text: string) => process.stdout.write(`${text}\n`)

/** Creates and looks up, one after the other in two lines, as an IdP's cycle does. */
async function measured(instance: TestInstance): Promise<ReturnType<Latencies['summary']>> {
  const latencies = new Latencies()
  const until = performance.now() + seconds * 1_000
  async function cycle(): Promise<void> {
    while (performance.now() < until) {
      const userName = instance.unique(`${randomUUID()}@harbour.test`)
      const startedAt = performance.now()
      const found = await instance.scim('GET', `/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`)
      latencies.add('lookup', startedAt, found.status !== 200)
      const createdAt = performance.now()
      const created = await instance.scim('POST', '/Users', entraUser(userName))
      latencies.add('create', createdAt, created.status !== 201)
    }
  }
  await Promise.all([cycle(), cycle()])
  return latencies.summary()
}

/** Lets attackers loose in a thread of their own. @returns what stops them: how often they were answered what */
function attack({ tenantUrl, secretToken }: TestInstance): () => Promise<Record<string, number>> {
  const worker = new Worker(new URL('./attack.ts', import.meta.url), { workerData: { tenantUrl, secretToken } })
  return async () => {
    const told = once(worker, 'message')
    worker.postMessage('stop')
    const [answers] = (await told) as [Record<string, number>]
    await worker.terminate()
    return answers
  }
}

await withOwnSystem('hostile', {}, async ({ connectionFile, start }) => {
  await start()
  const connection = readConnection(connectionFile)
  const [quiet, victim] = [await newInstance(connection), await newInstance(connection)]
  // Code that runs for the first time is slow for reasons of its own.
  await measured(quiet)
  const before = await measured(quiet)
  const stop = attack(victim)
  await wait(2_000)
  const during = await measured(quiet)
  const answers = await stop()
  say(
    columns([
      ['operation', 'attack', 'count', 'failed', 'p50 ms', 'p95 ms', 'p99 ms'],
      ...['lookup', 'create'].flatMap((operation) =>
        Object.entries({ none: before, 'on another instance': during }).map(([name, summary]) => {
          const { count, failed, p50Ms, p95Ms, p99Ms } = summary[operation] ?? {
            count: 0,
            failed: 0,
            p50Ms: 0,
            p95Ms: 0,
            p99Ms: 0,
          }
          return [
            operation,
            name,
            String(count),
            String(failed),
            ...[p50Ms, p95Ms, p99Ms].map((time) => time.toFixed(1)),
          ]
        }),
      ),
    ]),
  )
  say(
    `\nThe attackers were answered: ${Object.entries(answers)
      .map(([what, times]) => `${what} (${times})`)
      .join(', ')}; 200 slow bodies.`,
  )
})
