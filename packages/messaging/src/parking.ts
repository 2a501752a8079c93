import type { ServiceName } from '@user-provisioning/contracts/service-name'
import type { Topic } from '@user-provisioning/contracts/topic'
import { deadLetterTopic } from '@user-provisioning/contracts/topics'
import type { Logger } from '@user-provisioning/runtime/logging'
import type { Kafka } from 'kafkajs'
import type { AdminAccess } from './admin-access.ts'
import type { Outbox } from './outbox.ts'
import { readToEnd } from './read-to-end.ts'
import { ensureTopics } from './topic-admin.ts'

export interface ParkedMessage {
  readonly partition: number
  readonly offset: string
  readonly key: string | null
  readonly headers: Readonly<Record<string, string>>
  /** As it was read. */
  readonly value: string
}

/** Which keys of a consumer group wait behind a message that could not be processed. */
export interface Parking {
  /** Reads what is parked, by whomever, before messages of gained partitions are handled. */
  load(): Promise<void>
  isParked(key: string): boolean
  /** @param err null for a message that only waits behind another of its key */
  park(source: Topic, message: ParkedMessage, err: unknown): Promise<void>
  /** Keys parked. */
  readonly size: number
}

/**
 * Parks into `<topic>.<group>.dead`: dead-lettering a message alone would break the order of its key.
 * @param sources the topics of the group whose messages are parked
 */
export function openParking(options: {
  kafka: Kafka
  access: AdminAccess
  outbox: Outbox
  group: string
  service: ServiceName
  sources: readonly Topic[]
  log: Logger
}): Parking {
  const { kafka, access, outbox, group, service, log } = options
  const topics = new Map(options.sources.map((source) => [source.name, deadLetterTopic(source, group, service)]))
  const names = [...topics.values()].map((topic) => topic.name)
  const parked = new Set<string>()
  const positions = new Map<string, bigint>()
  let isEnsured = false
  return {
    async load() {
      if (topics.size === 0) return
      if (!isEnsured) await ensureTopics(access, [...topics.values()])
      isEnsured = true
      await readToEnd(kafka, access, names, positions, log, (_, key) => {
        if (key !== null) parked.add(key)
      })
    },
    isParked: (key) => parked.has(key),
    async park(source, { partition, offset, key, headers, value }, err) {
      const topic = topics.get(source.name)
      if (!topic) throw new Error(`${source.name} is not parked by ${group}`)
      if (key !== null) parked.add(key)
      const error = err instanceof Error ? `${err.name}: ${err.message}` : String(err)
      await outbox.send(topic, {
        key,
        partition,
        type: 'DeadLetter',
        value: {
          topic: source.name,
          partition,
          offset,
          key,
          headers,
          value,
          error: err === null ? null : error.slice(0, 2_000),
          parkedAt: new Date().toISOString(),
        },
      })
    },
    get size() {
      return parked.size
    },
  }
}
