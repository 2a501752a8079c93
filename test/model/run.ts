import { randomInt } from 'node:crypto'
import { commandLine } from '../harness/command-line.ts'
import { readConnection } from '../harness/connection.ts'
import { newInstance } from '../harness/instance.ts'
import { withOwnSystem } from '../harness/own-system.ts'
import { openObserver } from '../harness/settled.ts'
import { drive } from './drive.ts'

const help = `Does random things as an IdP and as an admin, and compares users, fields, links and memberships with a simple model.

  pnpm test:model --seeds 10 --steps 2000

  --seeds N   runs, each with a seed and an instance of its own (1)
  --seed S    the first seed (random); the same seed does the same
  --steps N   actions in each (2000)
  --crashes   mapping-service and workflow-service are killed at random
`

const values = commandLine(help, {
  seeds: { type: 'string', default: '1' },
  seed: { type: 'string', default: String(randomInt(1_000_000)) },
  steps: { type: 'string', default: '2000' },
  crashes: { type: 'boolean', default: false },
})
const say = (text: string) => process.stdout.write(`${text}\n`)

await withOwnSystem('model', { fullSpeed: false }, async ({ connectionFile, start }) => {
  const constellation = await start()
  const connection = readConnection(connectionFile)
  await using observer = await openObserver(connection)
  for (let n = 0; n < Number(values.seeds); n++) {
    const seed = Number(values.seed) + n
    const instance = await newInstance(connection)
    const startedAt = performance.now()
    let kills = 0
    const real = {
      instance,
      settled: () => observer.settled(),
      kill(service: 'mapping-service' | 'workflow-service') {
        kills++
        void constellation.kill(service, 0)
      },
    }
    try {
      const { steps, users, groups, mappingVersion } = await drive(real, {
        seed,
        steps: Number(values.steps),
        crashes: values.crashes,
        onProgress: (done) => process.stderr.write(`seed ${seed}: ${done} steps\r`),
      })
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0)
      say(
        `seed ${seed}: ${steps} steps, ${kills} engines killed, ${users.size} users, ${groups.size} groups, mapping version ${mappingVersion}: equal to the model (${seconds} s)`,
      )
    } catch (err) {
      say(`seed ${seed}: DIFFERS\n${err instanceof Error ? err.message : String(err)}`)
      process.exitCode = 1
    }
  }
})
