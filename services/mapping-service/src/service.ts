import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import { topics } from '@user-provisioning/contracts/topics'
import { jobCollections, openJobs } from '@user-provisioning/jobs/jobs'
import { answering } from '@user-provisioning/messaging/answering'
import type { Consumer } from '@user-provisioning/messaging/consumer'
import { openMessaging } from '@user-provisioning/messaging/messaging'
import { subscribe } from '@user-provisioning/messaging/subscription'
import { openCommitter } from '@user-provisioning/mongo/committer'
import { connectMongo } from '@user-provisioning/mongo/connection'
import { openJournal } from '@user-provisioning/mongo/journal'
import { isTransient } from '@user-provisioning/mongo/store-errors'
import type { RunContext, Started } from '@user-provisioning/runtime/lifecycle'
import { mappingAnswers } from './answers.ts'
import type { Config } from './config.ts'
import { defaultMappingSet } from './mapping-sets/default-mapping-set.ts'
import { noteCommitted } from './telemetry.ts'
import { onUserFact } from './users/on-user-fact.ts'
import { proposeFields, readCopies, type UserCopies } from './users/propose-fields.ts'
import { userCopies } from './users/user-copy-store.ts'

/** mapping-service: hears what became of users, and proposes field values for it. */
export async function startService({ config, log, stopping, health }: RunContext<Config>): Promise<Started> {
  await using starting = new AsyncDisposableStack()

  const mongo = starting.use(
    await connectMongo({ uri: config.MONGODB_URI, database: config.MONGODB_DATABASE, log, signal: stopping }),
  )
  await mongo.ensureIndexes([userCopies, ...jobCollections])
  const journal = await openJournal(mongo)

  const messaging = starting.use(
    await openMessaging({
      brokers: config.KAFKA_BROKERS,
      service: 'mapping-service',
      replica: config.REPLICA_ID,
      log,
    }),
  )
  await messaging.ensureTopics(Object.values(topics).filter(({ writer }) => writer === 'mapping-service'))

  let consumer: Consumer | undefined
  const relay = messaging.openRelay({ journal, ownedPartitions: () => consumer?.partitions() ?? [] })
  const committer = openCommitter<UserFact, UserCopies>({
    mongo,
    journal,
    log,
    read: (facts) => readCopies(mongo, facts),
    decide: (fact, copies) => proposeFields(fact, copies, defaultMappingSet, new Date()),
    onCommitted(records) {
      relay.announce(records)
      noteCommitted(records)
    },
  })

  const jobs = starting.use(openJobs({ mongo, kinds: [], log }))

  consumer = await messaging.consume({
    group: 'mapping',
    topics: [
      subscribe({ topic: topics.identityFacts, order: 'key', handle: onUserFact(committer), onPoison: 'park' }),
      subscribe({
        topic: topics.mappingRequests,
        // Versions and unique indexes decide: nobody waits behind a slow preview.
        order: 'none',
        concurrency: 100,
        ...answering<AdminRequest>({ messaging, answers: { ...mappingAnswers(), ...jobs.answers } }),
      }),
    ],
    onGained: (partitions) => relay.takeOver(partitions),
    isTransient,
  })

  health.check('mongodb', async () => {
    await mongo.ping()
    return true
  })
  health.progress('messaging', () => messaging.health().progressAt, 60_000)
  health.status(async () => ({ ...messaging.health(), unannounced: await journal.depth() }))
  await consumer.joined()

  const running = starting.move()
  return { [Symbol.asyncDispose]: () => running.disposeAsync() }
}
