import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import type { IdentityFact } from '@user-provisioning/contracts/identity-facts'
import { topics } from '@user-provisioning/contracts/topics'
import type { JobKind } from '@user-provisioning/jobs/job-kind'
import { jobCollections, openJobs } from '@user-provisioning/jobs/jobs'
import { answering } from '@user-provisioning/messaging/answering'
import type { Consumer, Received } from '@user-provisioning/messaging/consumer'
import { openMessaging } from '@user-provisioning/messaging/messaging'
import { subscribe } from '@user-provisioning/messaging/subscription'
import { openCommitter } from '@user-provisioning/mongo/committer'
import { connectMongo } from '@user-provisioning/mongo/connection'
import { openJournal } from '@user-provisioning/mongo/journal'
import { isTransient } from '@user-provisioning/mongo/store-errors'
import type { RunContext, Started } from '@user-provisioning/runtime/lifecycle'
import { workflowAnswers } from './answers.ts'
import type { Config } from './config.ts'
import { groupCopies } from './groups/group-copy-store.ts'
import { onGroupFact } from './groups/on-group-fact.ts'
import { objectTypes } from './object-types/object-type.ts'
import { importObjects } from './objects/import-objects.ts'
import { objects } from './objects/object-store.ts'
import { onObjectFact } from './objects/on-object-fact.ts'
import { ruleReports } from './rule-reports/rule-report.ts'
import { ruleRunKind } from './rules/rule-run.ts'
import { ruleSets, rulesVersions } from './rules/rule-set-store.ts'
import { noteCommitted } from './telemetry.ts'
import { onUserFact } from './users/on-user-fact.ts'
import { userCopies } from './users/user-copy-store.ts'
import { decide, readPart, readView, type WorkflowInput } from './workflow-committer.ts'
import type { WorkflowView } from './workflow-view.ts'

/** workflow-service: hears what changed in users' fields, runs the rules and proposes links; keeps the objects. */
export async function startService({ config, log, stopping, health }: RunContext<Config>): Promise<Started> {
  await using starting = new AsyncDisposableStack()

  const mongo = starting.use(
    await connectMongo({ uri: config.MONGODB_URI, database: config.MONGODB_DATABASE, log, signal: stopping }),
  )
  await mongo.ensureIndexes([
    userCopies,
    groupCopies,
    objects,
    objectTypes,
    ruleSets,
    rulesVersions,
    ruleReports,
    ...jobCollections,
  ])
  const journal = await openJournal(mongo)

  const messaging = starting.use(
    await openMessaging({
      brokers: config.KAFKA_BROKERS,
      service: 'workflow-service',
      replica: config.REPLICA_ID,
      log,
    }),
  )
  await messaging.ensureTopics(Object.values(topics).filter(({ writer }) => writer === 'workflow-service'))

  let consumer: Consumer | undefined
  const relay = messaging.openRelay({ journal, ownedPartitions: () => consumer?.partitions() ?? [] })
  const committer = openCommitter<WorkflowInput, WorkflowView>({
    mongo,
    journal,
    log,
    read: (inputs) => readView(mongo, inputs),
    decide: (input, view) => decide(input, view, new Date()),
    part: (input, position) => readPart(mongo, input, position),
    onCommitted(records) {
      relay.announce(records)
      noteCommitted(records)
    },
  })

  const partition = () => consumer?.partitions()[0] ?? 0
  const ruleRun = ruleRunKind(mongo, committer, partition)
  const objectImport = importObjects(mongo, committer, partition)
  const jobs = starting.use(openJobs({ mongo, kinds: [ruleRun as JobKind, objectImport], log }))

  consumer = await messaging.consume({
    group: 'workflow',
    topics: [
      subscribe({
        topic: topics.identityFacts,
        order: 'key',
        async handle(fact: Received<IdentityFact>) {
          await onUserFact(fact, committer)
          await onGroupFact(fact, committer)
        },
        onPoison: 'park',
      }),
      subscribe({ topic: topics.workflowFacts, order: 'key', handle: onObjectFact(committer), onPoison: 'park' }),
      subscribe({
        topic: topics.workflowRequests,
        // Objects do not depend on each other, and the unique index decides: nobody waits behind a slow list.
        order: 'none',
        concurrency: 100,
        ...answering<AdminRequest>({ messaging, answers: workflowAnswers(mongo, committer, jobs) }),
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
