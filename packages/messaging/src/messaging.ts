import type { ServiceName } from '@user-provisioning/contracts/service-name'
import type { Topic } from '@user-provisioning/contracts/topic'
import { allTopics } from '@user-provisioning/contracts/topics'
import type { Logger } from '@user-provisioning/runtime/logging'
import kafkajs from 'kafkajs'
import type { z } from 'zod'
import { type CompactedState, openStateReader } from './compacted-state.ts'
import { type ConsumeOptions, type Consumer, openConsumer, type Received } from './consumer.ts'
import { kafkaClient } from './kafka-client.ts'
import { type Outbox, openOutbox } from './outbox.ts'
import { openParking } from './parking.ts'
import { openRelay, type Relay, type UnannouncedJournal } from './relay.ts'
import { sendReply } from './reply-sender.ts'
import { openRequester, type Requester } from './requester.ts'
import { ensureTopics } from './topic-admin.ts'

export interface TopicLag {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly lag: number
}

/** Everything a service does with Kafka. Disposing it drains what is in work, commits, leaves the groups, disconnects. */
export interface Messaging extends AsyncDisposable {
  readonly outbox: Outbox
  ensureTopics(topics: readonly Topic[]): Promise<void>
  consume(options: ConsumeOptions): Promise<Consumer>
  openRequester(): Promise<Requester>
  /** Answers a request; not awaited. */
  reply(request: Received, value: unknown): void
  openState<Schema extends z.ZodType>(topic: Topic<Schema>): Promise<CompactedState<z.infer<Schema>>>
  openRelay(options: { journal: UnannouncedJournal; ownedPartitions(): readonly number[] }): Relay
  /** How far this process' groups are behind, by partition. Asks the broker. */
  lag(): Promise<TopicLag[]>
  health(): {
    /** When any consumer last made progress, the oldest of them; now when there is none. */
    readonly progressAt: number
    readonly inWork: number
    readonly parkedKeys: number
  }
}

/** How long a stop waits for what is on its way out. */
const flushMs = 3_000

/** Connects to Kafka, trying for as long as the broker is away. */
export async function openMessaging(options: {
  brokers: string[]
  service: ServiceName
  replica: string
  log: Logger
  traceParent?: () => string | undefined
}): Promise<Messaging> {
  const { service, replica, log } = options
  const kafka = kafkaClient({ brokers: options.brokers, clientId: replica, log })
  const producerOptions = {
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  }
  const backoff = { initialRetryTime: 50, maxRetryTime: 1_000, multiplier: 1.6, factor: 0.2 }
  // About 30 s and 10 s.
  const producer = kafka.producer({ ...producerOptions, retry: { ...backoff, retries: 36 } })
  const replyProducer = kafka.producer({ ...producerOptions, retry: { ...backoff, retries: 14 } })
  for (let wait = 200; ; wait = Math.min(wait * 2, 3_000)) {
    try {
      await Promise.all([producer.connect(), replyProducer.connect()])
      break
    } catch (err) {
      log.warn({ err }, 'Kafka cannot be reached; trying again')
      await new Promise((done) => setTimeout(done, wait))
    }
  }
  const outbox = openOutbox({ producer, replyProducer }, service, options.traceParent ?? (() => undefined))
  const ensure = (topics: readonly Topic[]) => ensureTopics(kafka, topics)
  const states = openStateReader(kafka, ensure, service, log)
  const consumers: Consumer[] = []
  const relays: Relay[] = []
  const parkings: { readonly size: number }[] = []
  let requester: Requester | undefined
  const byName = new Map(allTopics.map((topic) => [topic.name, topic]))

  async function lag(): Promise<TopicLag[]> {
    const admin = kafka.admin()
    await admin.connect()
    try {
      const found: TopicLag[] = []
      for (const { group } of consumers) {
        for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group })) {
          const ends = new Map((await admin.fetchTopicOffsets(topic)).map((end) => [end.partition, end]))
          for (const { partition, offset } of partitions) {
            const end = ends.get(partition)
            if (!end) continue
            const from = BigInt(offset) < 0n ? BigInt(end.low) : BigInt(offset)
            found.push({ group, topic, partition, lag: Number(BigInt(end.high) - from) })
          }
        }
      }
      return found
    } finally {
      await admin.disconnect()
    }
  }

  return {
    outbox,
    ensureTopics: ensure,
    async consume(consumeOptions) {
      const parking = openParking(kafka, outbox, ensure, consumeOptions.group, service)
      parkings.push(parking)
      await ensure(consumeOptions.topics.map((subscription) => subscription.topic))
      const consumer = await openConsumer(kafka, parking, log, consumeOptions)
      consumers.push(consumer)
      return consumer
    },
    async openRequester() {
      requester ??= await openRequester(kafka, outbox, ensure, replica, log)
      return requester
    },
    reply: (request, value) =>
      sendReply(outbox, request, value, (err) =>
        log.warn({ err, requestId: request.id }, 'An answer could not be sent'),
      ),
    openState: (topic) => states.open(topic),
    openRelay(relayOptions) {
      const topicOf = (name: string) => {
        const topic = byName.get(name)
        if (!topic) throw new Error(`no topic is called ${name}`)
        return topic
      }
      const relay = openRelay({ ...relayOptions, outbox, topicOf, log })
      relays.push(relay)
      return relay
    },
    lag,
    health: () => ({
      progressAt: Math.min(Date.now(), ...consumers.map((consumer) => consumer.progressAt())),
      inWork: consumers.reduce((sum, consumer) => sum + consumer.inWork(), 0),
      parkedKeys: parkings.reduce((sum, parking) => sum + parking.size, 0),
    }),
    async [Symbol.asyncDispose]() {
      await Promise.all(consumers.map((consumer) => consumer[Symbol.asyncDispose]()))
      await Promise.all(relays.map((relay) => relay[Symbol.asyncDispose]()))
      await requester?.[Symbol.asyncDispose]()
      await outbox.flush(flushMs)
      await states[Symbol.asyncDispose]()
      await Promise.all([producer.disconnect(), replyProducer.disconnect()])
    },
  }
}
