import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Constellation } from '@user-provisioning/devstack/constellation'
import type { Stores } from '@user-provisioning/devstack/stores'
import { commandLine } from '../harness/command-line.ts'
import { readConnection } from '../harness/connection.ts'
import { newInstance } from '../harness/instance.ts'
import { withOwnSystem } from '../harness/own-system.ts'
import { type Observer, openObserver } from '../harness/settled.ts'
import { createUsers, type Driven, verify } from './round.ts'

const help = `Kills services and stores in the middle of creates, and looks at what is left.

  pnpm test:crash --repeat 10

  --repeat N   rounds (1); each kills every service once, identity-service between commit and announcement, it and the
               ingress in the middle of Bulks, stops the broker for 10 s, and kills MongoDB
  --users N    creates in each case (200), 16 at a time
  --only TEXT  only the cases whose name has this text
`

const values = commandLine(help, {
  repeat: { type: 'string', default: '1' },
  users: { type: 'string', default: '200' },
  only: { type: 'string', default: '' },
})
const concurrency = 16
const users = Number(values.users)
const services = ['scim-ingress', 'identity-service', 'mapping-service', 'workflow-service', 'audit-service'] as const

interface World {
  readonly stores: Stores
  readonly connectionFile: string
  readonly constellation: Constellation
  readonly observer: Observer
}

interface Case {
  readonly name: string
  readonly lateLog?: boolean
  /** How many users go into one Bulk; by default each create is a request by itself. */
  readonly perBulk?: number
  /** Does the damage while creates run; says what it did. */
  strike(world: World, working: () => boolean): Promise<string>
}

const someWhile = () => wait(randomInt(50, 400))

const killing = (service: (typeof services)[number]): Case => ({
  name: `${service} killed`,
  lateLog: service === 'scim-ingress',
  async strike({ constellation }) {
    await someWhile()
    await constellation.kill(service, 0)
    return 'killed'
  },
})

const cases: Case[] = [
  {
    name: 'identity-service between commit and announcement',
    async strike({ constellation, observer }, working) {
      for (let kills = 1; working(); kills++) {
        await someWhile()
        await constellation.kill('identity-service', 0)
        const unannounced = await observer.unannouncedIn('identity')
        if (unannounced > 0) return `killed with ${unannounced} facts unannounced, at kill ${kills}`
        await wait(8_000)
      }
      return 'no kill left unannounced facts: NOT COUNTED'
    },
  },
  ...services.map(killing),
  { ...killing('scim-ingress'), name: 'scim-ingress killed in Bulks', perBulk: 25 },
  { ...killing('identity-service'), name: 'identity-service killed in Bulks', perBulk: 25 },
  {
    name: 'broker stopped for 10 s',
    async strike({ stores }) {
      await someWhile()
      await stores.kafka.kill('SIGTERM')
      await wait(10_000)
      await stores.kafka.start()
      return 'stopped and started'
    },
  },
  {
    name: 'MongoDB killed',
    async strike({ stores }) {
      await someWhile()
      await stores.mongo.kill('SIGKILL')
      await stores.mongo.start()
      return 'killed and started'
    },
  },
]

async function runCase(
  world: World,
  { name, strike, lateLog = false, perBulk }: Case,
): Promise<{ failed: boolean; counted: boolean }> {
  const instance = await newInstance(readConnection(world.connectionFile))
  const jobTitle = await instance.admin('POST', '/objects', { type: 'job-title', name: 'Engineer' })
  if (jobTitle.status !== 201) throw new Error(`job title: ${jobTitle.status}`)
  let working = true
  const driving = createUsers(instance, users, concurrency, perBulk).finally(() => {
    working = false
  })
  const [driven, struck]: [Driven, string] = await Promise.all([driving, strike(world, () => working)])
  await world.observer.settled(180_000)
  const { lost, doubled } = await verify(instance, driven.hired, lateLog)
  const { parked } = await world.observer.look()
  const wrong = [...lost, ...doubled].slice(0, 5).join('; ')
  process.stdout.write(
    `  ${name.padEnd(50)} ${struck}; answered ${driven.answered}, hired ${driven.hired.length}, ` +
      `lost ${lost.length}, doubled ${doubled.length}, parked ${parked}${wrong && `  <- ${wrong}`}\n`,
  )
  return {
    failed: lost.length + doubled.length + parked > 0 || driven.hired.length !== users,
    counted: !struck.includes('NOT COUNTED'),
  }
}

let passed = 0
let failed = 0
await withOwnSystem('crash', {}, async ({ stores, connectionFile, start }) => {
  const constellation = await start()
  await using observer = await openObserver(readConnection(connectionFile))
  for (let round = 1; round <= Number(values.repeat); round++) {
    process.stdout.write(`round ${round} of ${values.repeat}\n`)
    for (const one of cases.filter(({ name }) => name.includes(values.only))) {
      for (let tries = 1; ; tries++) {
        const outcome = await runCase({ stores, connectionFile, constellation, observer }, one)
        if (outcome.failed) failed++
        else if (outcome.counted) passed++
        if (outcome.failed || outcome.counted) break
        if (tries === 5) {
          failed++
          break
        }
      }
    }
  }
})
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed > 0 ? 1 : 0
