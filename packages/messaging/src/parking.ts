import type { ServiceName } from '@user-provisioning/contracts/service-name'
import type { Topic } from '@user-provisioning/contracts/topic'
import { deadLetterTopic } from '@user-provisioning/contracts/topics'
import type { Kafka } from 'kafkajs'
import type { Outbox } from './outbox.ts'
import { readToEnd } from './read-to-end.ts'

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
  load(sources: readonly Topic[]): Promise<void>
  isParked(key: string): boolean
  /** @param err null for a message that only waits behind another of its key */
  park(source: Topic, message: ParkedMessage, err: unknown): Promise<void>
  /** Keys parked. */
  readonly size: number
}

/** Parks into `<topic>.<group>.dead`: dead-lettering a message alone would break the order of its key. */
export function openParking(
  kafka: Kafka,
  outbox: Outbox,
  ensure: (topics: readonly Topic[]) => Promise<void>,
  group: string,
  service: ServiceName,
): Parking {
  const parked = new Set<string>()
  const readUpTo = new Map<string, string>()
  return {
    async load(sources) {
      const topics = sources.map((source) => deadLetterTopic(source, group, service))
      await ensure(topics)
      await readToEnd(kafka, topics, readUpTo, (_, key) => {
        if (key !== null) parked.add(key)
      })
    },
    isParked: (key) => parked.has(key),
    async park(source, { partition, offset, key, headers, value }, err) {
      if (key !== null) parked.add(key)
      await outbox.send(deadLetterTopic(source, group, service), {
        key,
        type: 'DeadLetter',
        value: {
          topic: source.name,
          partition,
          offset,
          key,
          headers,
          value,
          error:
            err === null ? null : err instanceof Error ? `${err.name}: ${err.message}`.slice(0, 2_000) : String(err),
          parkedAt: new Date().toISOString(),
        },
      })
    },
    get size() {
      return parked.size
    },
  }
}
