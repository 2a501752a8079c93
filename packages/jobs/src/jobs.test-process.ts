import { connectMongo } from '@user-provisioning/mongo/connection'
import { createLogger } from '@user-provisioning/runtime/logging'
import { openJobs } from './jobs.ts'
import { markingKind } from './test-kind.ts'

// Runs jobs until it is killed, and says each number before it marks it.
const [uri = '', database = ''] = process.argv.slice(2)
const log = createLogger({ service: 'jobs', replica: 'killed', level: 'fatal' })
const mongo = await connectMongo({ uri, database, log })
openJobs({
  mongo,
  kinds: [
    markingKind(mongo, {
      atEach: async (n) => {
        process.stdout.write(`${n}\n`)
      },
    }),
  ],
  log,
  lookEveryMs: 50,
  leaseMs: 600,
})
