import { randomUUID } from 'node:crypto'
import type { Topic } from '@user-provisioning/contracts/topic'
import type { Logger } from '@user-provisioning/runtime/logging'
import type { Kafka, KafkaMessage } from 'kafkajs'
import type { z } from 'zod'
import { type AdminAccess, offsetRanges } from './admin-access.ts'
import { backoffMs, pause } from './backoff.ts'
import { type GroupMember, joinGroup } from './group-member.ts'
import { parseValue } from './received.ts'

/** What a compacted topic says now, in memory. */
export interface CompactedState<Value> {
  get(id: string): Value | undefined
  values(): MapIterator<Value>
  readonly size: number
  /** Called for each later change; undefined = removed. */
  onChange(listener: (id: string, value: Value | undefined) => void): void
}

export interface StateReader extends AsyncDisposable {
  /** Resolves once the topic was read up to the end offsets seen now. The topic must be there, or come. */
  open<Schema extends z.ZodType>(topic: Topic<Schema>): Promise<CompactedState<z.infer<Schema>>>
  isJoined(): boolean
  /** Undefined when nothing is read. */
  progressAt(): number | undefined
}

interface Table {
  readonly topic: Topic
  readonly values: Map<string, unknown>
  readonly listeners: ((id: string, value: unknown) => void)[]
  /** End offsets that are still to be reached; undefined before they are known. */
  left: Map<number, bigint> | undefined
  readonly ready: PromiseWithResolvers<void>
}

/**
 * One consumer for all compacted topics of the process. It is made anew when a topic is added, and goes on where it was:
 * read again from the beginning, a revoked key would be valid for a moment.
 */
export function openStateReader(options: {
  kafka: Kafka
  access: AdminAccess
  service: string
  log: Logger
}): StateReader {
  const { kafka, access, service, log } = options
  const tables = new Map<string, Table>()
  const positions = new Map<string, bigint>()
  const closing = new AbortController()
  let member: GroupMember | undefined
  let reading: Promise<void> = Promise.resolve()
  let isScheduled = false

  /** All topics asked for in one turn share one start. */
  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      reading = reading.then(readAll)
    })
  }

  async function readAll(): Promise<void> {
    await member?.[Symbol.asyncDispose]()
    member = undefined
    for (const table of tables.values()) if (!table.left) table.left = await endsOf(table.topic)
    if (closing.signal.aborted) return
    const started = joinGroup(
      kafka,
      { group: `${service}.state.${randomUUID()}`, topics: [...tables.keys()], log },
      {
        onAssigned(assignment) {
          for (const [topic, partitions] of assignment) {
            for (const partition of partitions) {
              const from = positions.get(`${topic} ${partition}`)
              if (from !== undefined) started.seek(topic, partition, from)
            }
          }
        },
        onBatch: read,
        // Offsets at the end without a message: compaction took it.
        onIdle() {
          for (const table of tables.values()) if (table.left) table.ready.resolve()
        },
      },
    )
    member = started
    for (const table of tables.values()) settle(table)
  }

  /** The end offsets of what has messages. */
  async function endsOf(topic: Topic): Promise<Map<number, bigint>> {
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      try {
        const ranges = await offsetRanges(access, [topic.name])
        return new Map(ranges.filter(({ low, high }) => high > low).map(({ partition, high }) => [partition, high]))
      } catch (err) {
        log.debug({ err, topic: topic.name }, 'A compacted topic is not there yet; trying again')
        await pause(backoffMs(attempt, 100, 2_000), closing.signal)
      }
    }
    return new Map()
  }

  function read(topic: string, partition: number, messages: readonly KafkaMessage[]): void {
    const table = tables.get(topic)
    if (!table) return
    for (const { key, value, offset } of messages) {
      if (key !== null) apply(table, String(key), value)
      positions.set(`${topic} ${partition}`, BigInt(offset) + 1n)
    }
    settle(table)
  }

  function settle(table: Table): void {
    if (!table.left) return
    for (const [partition, end] of table.left) {
      if ((positions.get(`${table.topic.name} ${partition}`) ?? 0n) >= end) table.left.delete(partition)
    }
    if (table.left.size === 0) table.ready.resolve()
  }

  function apply(table: Table, id: string, value: Buffer | null): void {
    let parsed: unknown
    try {
      parsed = value === null ? undefined : parseValue(table.topic, String(value))
    } catch (err) {
      // What it replaces is no longer true: of a key that was revoked, say. Nothing is safer than that.
      log.error({ err, topic: table.topic.name, id }, 'A record has the wrong shape and counts as removed')
    }
    if (parsed === undefined) table.values.delete(id)
    else table.values.set(id, parsed)
    for (const listener of table.listeners) {
      try {
        listener(id, parsed)
      } catch (err) {
        log.error({ err, topic: table.topic.name, id }, 'A listener failed')
      }
    }
  }

  return {
    async open<Schema extends z.ZodType>(topic: Topic<Schema>) {
      let table = tables.get(topic.name)
      if (!table) {
        table = { topic, values: new Map(), listeners: [], left: undefined, ready: Promise.withResolvers() }
        tables.set(topic.name, table)
        schedule()
      }
      await table.ready.promise
      const values = table.values as Map<string, z.infer<Schema>>
      const { listeners } = table
      return {
        get: (id: string) => values.get(id),
        values: () => values.values(),
        get size() {
          return values.size
        },
        onChange: (listener: (id: string, value: z.infer<Schema> | undefined) => void) => {
          listeners.push(listener as (id: string, value: unknown) => void)
        },
      }
    },
    isJoined: () => member?.isJoined() ?? tables.size === 0,
    progressAt: () => member?.progressAt(),
    async [Symbol.asyncDispose]() {
      closing.abort()
      await reading
      await member?.[Symbol.asyncDispose]()
    },
  }
}
