import { AsyncLocalStorage } from 'node:async_hooks'
import type { ServiceName } from '@user-provisioning/contracts/service-name'
import type { Topic } from '@user-provisioning/contracts/topic'
import { allTopics } from '@user-provisioning/contracts/topics'
import type { Logger } from '@user-provisioning/runtime/logging'
import type { z } from 'zod'
import { adminAccess } from './admin-access.ts'
import { backoffMs, pause } from './backoff.ts'
import { type CompactedState, openStateReader } from './compacted-state.ts'
import { type ConsumeOptions, type Consumer, openConsumer } from './consumer.ts'
import { kafkaClient } from './kafka-client.ts'
import { readLag, type TopicLag } from './lag.ts'
import { type Outbox, openOutbox } from './outbox.ts'
import { openParking, type Parking } from './parking.ts'
import { producerLine } from './producer-line.ts'
import type { Received } from './received.ts'
import { openRelay, type Relay, type UnannouncedJournal } from './relay.ts'
import { sendReply } from './reply-sender.ts'
import { openRequester, type Requester } from './requester.ts'
import { ensureTopics } from './topic-admin.ts'

/** Everything a service does with Kafka. Disposing it drains what is in work, commits, leaves the groups, disconnects. */
export interface Messaging extends AsyncDisposable {
  readonly outbox: Outbox
  /** Creates what is missing; never deletes. */
  ensureTopics(topics: readonly Topic[]): Promise<void>
  /** Joins a group; its topics are made where they are missing. `joined()` tells when it has its partitions. */
  consume(options: ConsumeOptions): Promise<Consumer>
  openRequester(): Promise<Requester>
  /** Answers a request; not awaited. */
  reply(request: Received, value: unknown): void
  openState<Schema extends z.ZodType>(topic: Topic<Schema>): Promise<CompactedState<z.infer<Schema>>>
  openRelay(options: { journal: UnannouncedJournal; ownedPartitions(): readonly number[] }): Relay
  /** How far this process' groups are behind, by partition. Asks the broker. */
  lag(): Promise<TopicLag[]>
  health(): MessagingHealth
}

export type MessagingHealth = Readonly<{
  /** When the loop that went round longest ago did so; a broker that is away does not stop it. Now when there is none. */
  progressAt: number
  /** Whether all consumers are in their groups. */
  isJoined: boolean
  inWork: number
  parkedKeys: number
}>

/** How long a stop waits for what is on its way out. */
const flushMs = 3_000

/**
 * Connects to Kafka, trying for as long as the broker is away.
 * @param options.traceParent the `traceparent` of what is sent; by default that of the message in hand
 */
export async function openMessaging(options: {
  brokers: readonly string[]
  service: ServiceName
  replica: string
  log: Logger
  traceParent?: () => string | undefined
}): Promise<Messaging> {
  const { service, replica, log } = options
  const kafka = kafkaClient({ brokers: options.brokers, clientId: replica, log })
  const access = adminAccess(kafka)
  const inHand = new AsyncLocalStorage<string | undefined>()
  const producer = producerLine(kafka)
  for (let attempt = 0; ; attempt++) {
    try {
      await producer.connect()
      break
    } catch (err) {
      log.warn({ err }, 'Kafka cannot be reached; trying again')
      await pause(backoffMs(attempt, 200, 3_000))
    }
  }
  const outbox = openOutbox(producer, service, options.traceParent ?? (() => inHand.getStore()), async (name) =>
    (await access.use((admin) => admin.listTopics())).includes(name),
  )
  const states = openStateReader({ kafka, access, service, log })
  const consumers: Consumer[] = []
  const parkings: Parking[] = []
  const relays: Relay[] = []
  let requester: Promise<Requester> | undefined
  let openedRequester: Requester | undefined
  const byName = new Map(allTopics.map((topic) => [topic.name, topic]))

  function topicOf(name: string): Topic {
    const topic = byName.get(name)
    if (!topic) throw new Error(`no topic is called ${name}`)
    return topic
  }

  return {
    outbox,
    ensureTopics: (topics) => ensureTopics(access, topics),
    async consume(consumeOptions) {
      const { group, topics } = consumeOptions
      await ensureTopics(
        access,
        topics.map(({ topic }) => topic),
      )
      const parking = openParking({
        kafka,
        access,
        outbox,
        group,
        service,
        sources: topics.filter(({ onPoison = 'park' }) => onPoison === 'park').map(({ topic }) => topic),
        log,
      })
      const consumer = openConsumer({
        ...consumeOptions,
        kafka,
        replica,
        parking,
        log,
        inTraceOf: (received, work) => inHand.run(received.headers.traceparent, work),
      })
      parkings.push(parking)
      consumers.push(consumer)
      return consumer
    },
    async openRequester() {
      requester ??= openRequester({ kafka, access, outbox, replica, log })
      openedRequester = await requester
      return openedRequester
    },
    reply: (request, value) =>
      sendReply(outbox, request, value, (err) =>
        log.warn({ err, requestId: request.id }, 'An answer could not be sent'),
      ),
    openState: (topic) => states.open(topic),
    openRelay(relayOptions) {
      const relay = openRelay({ ...relayOptions, outbox, topicOf, log })
      relays.push(relay)
      return relay
    },
    lag: () => readLag(access, consumers),
    health() {
      const loops = [...consumers, ...(openedRequester ? [openedRequester] : []), states]
      return {
        progressAt: Math.min(...loops.map((loop) => loop.progressAt() ?? Date.now())),
        isJoined: loops.every((loop) => loop.isJoined()),
        inWork: consumers.reduce((sum, consumer) => sum + consumer.inWork(), 0),
        parkedKeys: parkings.reduce((sum, parking) => sum + parking.size, 0),
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(consumers.map((consumer) => consumer[Symbol.asyncDispose]()))
      await Promise.all(relays.map((relay) => relay[Symbol.asyncDispose]()))
      const asking = await requester?.catch(() => undefined)
      await asking?.[Symbol.asyncDispose]()
      await outbox.flush(flushMs)
      await states[Symbol.asyncDispose]()
      await producer[Symbol.asyncDispose]()
    },
  }
}
