import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { topics } from '@user-provisioning/contracts/topics'
import { jobCollections, openJobs } from '@user-provisioning/jobs/jobs'
import { answering } from '@user-provisioning/messaging/answering'
import { openMessaging } from '@user-provisioning/messaging/messaging'
import { subscribe } from '@user-provisioning/messaging/subscription'
import { connectMongo } from '@user-provisioning/mongo/connection'
import { isTransient } from '@user-provisioning/mongo/store-errors'
import type { RunContext, Started } from '@user-provisioning/runtime/lifecycle'
import { auditAnswers } from './answers.ts'
import { changeHistory } from './change-history/history-store.ts'
import { onIdentityFact } from './change-history/on-identity-fact.ts'
import { onMappingFact } from './change-history/on-mapping-fact.ts'
import { onWorkflowFact } from './change-history/on-workflow-fact.ts'
import type { Config } from './config.ts'
import { openEntryWriter } from './entries/entry-store.ts'
import { createSampler } from './entries/sampler.ts'
import { awaitedEntries, sweepAwaitedEntries } from './provisioning-log/awaited-entries.ts'
import { provisioningLog } from './provisioning-log/log-store.ts'
import { onRequestAnswered } from './provisioning-log/on-request-answered.ts'
import { sweepRegularly } from './provisioning-log/sweep-regularly.ts'
import {
  keepUnattributed,
  unattributedPerSecond,
  unattributedRequests,
} from './provisioning-log/unattributed-requests.ts'
import { noteEntriesMade, watchQueue } from './telemetry.ts'

const sweepEveryMs = 5_000
/** Messages of a topic in work at once: as many as may end up in one write. */
const concurrency = 500

/** audit-service: hears everything and remembers it, once each; answers reads of the log and the history. */
export async function startService({ config, log, stopping, health }: RunContext<Config>): Promise<Started> {
  await using starting = new AsyncDisposableStack()

  const mongo = starting.use(
    await connectMongo({ uri: config.MONGODB_URI, database: config.MONGODB_DATABASE, log, signal: stopping }),
  )
  await mongo.ensureIndexes([changeHistory, provisioningLog, awaitedEntries, unattributedRequests, ...jobCollections])

  const messaging = starting.use(
    await openMessaging({ brokers: config.KAFKA_BROKERS, service: 'audit-service', replica: config.REPLICA_ID, log }),
  )
  const writer = openEntryWriter(mongo, () => new Date())
  watchQueue(writer.queued)

  starting.use(
    sweepRegularly({
      everyMs: sweepEveryMs,
      sweep: async () => noteEntriesMade(await sweepAwaitedEntries(mongo, new Date())),
      onError: (err) => log.warn({ err }, 'Awaited log entries could not be looked at; tried again soon'),
    }),
  )

  const jobs = starting.use(openJobs({ mongo, kinds: [], log }))
  // Entries are unique and none depends on another: nothing has to wait for its key.
  const side = { order: 'none', concurrency, onPoison: 'park' } as const
  const consumer = await messaging.consume({
    group: 'audit',
    topics: [
      subscribe({ topic: topics.identityFacts, ...side, handle: onIdentityFact(writer) }),
      subscribe({ topic: topics.mappingFacts, ...side, handle: onMappingFact(writer) }),
      subscribe({ topic: topics.workflowFacts, ...side, handle: onWorkflowFact(writer) }),
      subscribe({
        topic: topics.ingressFacts,
        ...side,
        handle: onRequestAnswered({
          writer,
          sampler: createSampler(unattributedPerSecond),
          keepUnattributed: (fact, omitted) => keepUnattributed(mongo, fact, omitted),
        }),
      }),
      subscribe({
        topic: topics.auditRequests,
        order: 'none',
        ...answering<AdminRequest>({ messaging, answers: { ...auditAnswers(mongo), ...jobs.answers } }),
      }),
    ],
    isTransient,
  })

  health.check('mongodb', async () => {
    await mongo.ping()
    return true
  })
  health.progress('messaging', () => messaging.health().progressAt, 60_000)
  health.status(() => messaging.health())
  await consumer.joined()

  const running = starting.move()
  return { [Symbol.asyncDispose]: () => running.disposeAsync() }
}
