import type { IdentityQuery, IdentityRequest } from '@user-provisioning/contracts/identity-requests'
import { newId } from '@user-provisioning/contracts/ids'
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
import { accessTokens } from './access-tokens/access-token-document.ts'
import { apiKeys } from './api-keys/api-key-document.ts'
import { decideCommand, type Input, needsOfAll } from './commands/decide-command.ts'
import { answerCommands, inputOf, proposalHandler } from './commands/handle-command.ts'
import { partReader } from './commands/part-reader.ts'
import { viewReader } from './commands/read-view.ts'
import type { View } from './commands/view.ts'
import type { Config } from './config.ts'
import { groups } from './groups/group-document.ts'
import { deprovisions, guards, heldChanges } from './guard/guard-document.ts'
import { tellOperators } from './guard/tell-operators.ts'
import { identityJobs } from './identity-jobs.ts'
import { instances } from './instances/instance-document.ts'
import { memberships } from './memberships/membership-document.ts'
import { pickUps } from './pick-ups/pick-up-document.ts'
import { answerQueries } from './queries/handle-query.ts'
import { signingKeys } from './signing-keys/signing-key-document.ts'
import { commandDecided, queryAnswered, requestCameLate } from './telemetry.ts'
import { userNames, users } from './users/user-document.ts'

/** identity-service: decides commands and proposals in groups, answers them, announces what is now true, answers queries. */
export async function startService({ config, log, stopping, health }: RunContext<Config>): Promise<Started> {
  await using starting = new AsyncDisposableStack()

  const mongo = starting.use(
    await connectMongo({ uri: config.MONGODB_URI, database: config.MONGODB_DATABASE, log, signal: stopping }),
  )
  await mongo.ensureIndexes([
    users,
    userNames,
    groups,
    memberships,
    instances,
    apiKeys,
    signingKeys,
    accessTokens,
    guards,
    deprovisions,
    heldChanges,
    pickUps,
    ...jobCollections,
  ])
  const journal = await openJournal(mongo)

  const messaging = starting.use(
    await openMessaging({
      brokers: config.KAFKA_BROKERS,
      service: 'identity-service',
      replica: config.REPLICA_ID,
      log,
    }),
  )
  await messaging.ensureTopics([
    ...Object.values(topics).filter(({ writer }) => writer === 'identity-service'),
    // Read before mapping-service has ever been there.
    topics.mappingSets,
  ])
  const mappingSets = await messaging.openState(topics.mappingSets)

  let commands: Consumer | undefined
  const relay = messaging.openRelay({ journal, ownedPartitions: () => commands?.partitions() ?? [] })
  const read = viewReader(mongo, mappingSets)
  const committer = openCommitter<Input, View>({
    mongo,
    journal,
    read: (inputs) => read((want) => needsOfAll(inputs, want)),
    decide: decideCommand,
    part: partReader({ mongo, read }),
    onCommitted(records) {
      relay.announce(records)
      tellOperators(records, log)
    },
    log,
  })

  if (config.BOOTSTRAP_ACCESS_TOKEN_HASH !== undefined) {
    const requestId = newId()
    const input = inputOf(requestId, {
      type: 'BootstrapAccess',
      requestId,
      hash: config.BOOTSTRAP_ACCESS_TOKEN_HASH,
    })
    await committer.submit({ requestId, partition: 0, input })
  }

  const kinds = identityJobs({
    mongo,
    committer,
    read,
    outbox: messaging.outbox,
    partition: () => commands?.partitions()[0] ?? 0,
  })
  const jobs = starting.use(openJobs({ mongo, kinds, log }))

  const propose = proposalHandler(committer)
  commands = await messaging.consume({
    group: 'identity',
    topics: [
      subscribe({
        topic: topics.identityRequests,
        // The committer keeps the order in which they come, so that those of one busy group share its transactions.
        order: 'none',
        concurrency: 1_000,
        ...answering<IdentityRequest>({
          messaging,
          answers: { ...answerCommands(committer, read), ...jobs.answers },
          lateToo: true,
          onAnswered: commandDecided,
          onLate: requestCameLate,
        }),
      }),
      subscribe({ topic: topics.mappingProposals, order: 'key', handle: propose, onPoison: 'park' }),
      subscribe({ topic: topics.workflowProposals, order: 'key', handle: propose, onPoison: 'park' }),
    ],
    onGained: (partitions) => relay.takeOver(partitions),
    isTransient,
  })
  const queries = await messaging.consume({
    group: 'identity-queries',
    topics: [
      subscribe({
        topic: topics.identityQueries,
        order: 'none',
        // Lanes by instance decide what is in work; what waits in them holds nothing.
        concurrency: 1_000,
        ...answering<IdentityQuery>({
          messaging,
          answers: { ...answerQueries(mongo, mappingSets), ...jobs.answers },
          onAnswered: queryAnswered,
          onLate: requestCameLate,
        }),
      }),
    ],
    isTransient,
  })

  health.check('mongodb', async () => {
    await mongo.ping()
    return true
  })
  health.progress('messaging', () => messaging.health().progressAt, 60_000)
  health.status(async () => ({ ...messaging.health(), unannounced: await journal.depth() }))
  await Promise.all([commands.joined(), queries.joined()])

  const running = starting.move()
  return { [Symbol.asyncDispose]: () => running.disposeAsync() }
}
