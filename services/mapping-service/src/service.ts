import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { topics } from '@user-provisioning/contracts/topics'
import type { JobKind } from '@user-provisioning/jobs/job-kind'
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
import { attributes, openAttributesSeen } from './attributes/attributes-seen.ts'
import { onRequestAnswered } from './attributes/on-request-answered.ts'
import type { Config } from './config.ts'
import { openTargets } from './fields/targets.ts'
import { applyMappingKind } from './jobs/apply-mapping.ts'
import { countMappingKind } from './jobs/count-mapping.ts'
import { decide, type MappingInput, type MappingView, readView } from './mapping-committer.ts'
import { mappingDrafts } from './mapping-sets/draft.ts'
import { mappingSets, mappingVersions } from './mapping-sets/mapping-set-store.ts'
import { noteCommitted } from './telemetry.ts'
import { onUserFact } from './users/on-user-fact.ts'
import { userCopies } from './users/user-copy-store.ts'

/** mapping-service: hears what became of users, and proposes field values for it; keeps the mapping sets. */
export async function startService({ config, log, stopping, health }: RunContext<Config>): Promise<Started> {
  await using starting = new AsyncDisposableStack()

  const mongo = starting.use(
    await connectMongo({ uri: config.MONGODB_URI, database: config.MONGODB_DATABASE, log, signal: stopping }),
  )
  await mongo.ensureIndexes([userCopies, mappingSets, mappingVersions, mappingDrafts, attributes, ...jobCollections])
  const journal = await openJournal(mongo)

  const messaging = starting.use(
    await openMessaging({
      brokers: config.KAFKA_BROKERS,
      service: 'mapping-service',
      replica: config.REPLICA_ID,
      log,
    }),
  )
  await messaging.ensureTopics([
    ...Object.values(topics).filter(({ writer }) => writer === 'mapping-service'),
    // Read before identity-service has ever been there.
    topics.instances,
  ])

  const targets = openTargets(await messaging.openState(topics.instances))
  const seen = starting.use(openAttributesSeen(mongo, log))

  let consumer: Consumer | undefined
  const relay = messaging.openRelay({ journal, ownedPartitions: () => consumer?.partitions() ?? [] })
  const committer = openCommitter<MappingInput, MappingView>({
    mongo,
    journal,
    log,
    read: (inputs) => readView(mongo, inputs),
    decide: (input, view) => decide(input, view, new Date()),
    onCommitted(records) {
      relay.announce(records)
      noteCommitted(records)
    },
  })

  const kinds = [
    applyMappingKind({ mongo, committer, partition: () => consumer?.partitions()[0] ?? 0 }),
    countMappingKind(mongo),
  ] as JobKind[]
  const jobs = starting.use(openJobs({ mongo, kinds, log }))

  consumer = await messaging.consume({
    group: 'mapping',
    topics: [
      subscribe({ topic: topics.identityFacts, order: 'key', handle: onUserFact(committer, seen), onPoison: 'park' }),
      subscribe({
        topic: topics.mappingRequests,
        // Versions and unique indexes decide: nobody waits behind a slow preview.
        order: 'none',
        concurrency: 100,
        ...answering<AdminRequest>({
          messaging,
          answers: { ...mappingAnswers({ mongo, committer, targets, jobs }), ...jobs.answers },
        }),
      }),
      subscribe({
        topic: topics.ingressFacts,
        // Counted, whenever it comes.
        order: 'none',
        concurrency: 1_000,
        handle: onRequestAnswered(seen),
        onPoison: 'park',
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
