import { randomUUID } from 'node:crypto'
import type { Topic } from '@user-provisioning/contracts/topic'
import type { Logger } from '@user-provisioning/runtime/logging'
import type { Consumer, Kafka } from 'kafkajs'
import type { z } from 'zod'

/** What a compacted topic says now, in memory. */
export interface CompactedState<Value> {
  get(id: string): Value | undefined
  values(): IterableIterator<Value>
  readonly size: number
  /** Called for each later change; undefined = removed. */
  onChange(listener: (id: string, value: Value | undefined) => void): void
}

export interface StateReader extends AsyncDisposable {
  /** Resolves once the topic was read up to the end offsets seen now. */
  open<Schema extends z.ZodType>(topic: Topic<Schema>): Promise<CompactedState<z.infer<Schema>>>
  progressAt(): number
}

interface Table {
  readonly topic: Topic
  readonly values: Map<string, unknown>
  readonly listeners: ((id: string, value: unknown) => void)[]
  readonly left: Map<number, bigint>
  readonly ready: PromiseWithResolvers<void>
}

/** One consumer for all compacted topics of the process; it starts anew when one is added, from the beginning. */
export function openStateReader(
  kafka: Kafka,
  ensure: (topics: readonly Topic[]) => Promise<void>,
  service: string,
  log: Logger,
): StateReader {
  const tables = new Map<string, Table>()
  let consumer: Consumer | undefined
  let starting: Promise<void> | undefined
  let closing = false
  let progressAt = Date.now()

  async function start(): Promise<void> {
    await consumer?.disconnect().catch(() => {})
    const topics = [...tables.values()].map((table) => table.topic)
    await ensure(topics)
    const admin = kafka.admin()
    await admin.connect()
    try {
      for (const table of tables.values()) {
        for (const { partition, high, low } of await admin.fetchTopicOffsets(table.topic.name)) {
          if (high !== low) table.left.set(partition, BigInt(high))
        }
        if (table.left.size === 0) table.ready.resolve()
      }
    } finally {
      await admin.disconnect()
    }
    const made = kafka.consumer({
      groupId: `${service}.state.${randomUUID()}`,
      minBytes: 1,
      maxWaitTimeInMs: 500,
      heartbeatInterval: 1_000,
      sessionTimeout: 10_000,
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 10, restartOnFailure: async () => true },
    })
    consumer = made
    made.on(made.events.FETCH, () => {
      progressAt = Date.now()
    })
    made.on(made.events.CRASH, ({ payload }) => {
      if (payload.restart || closing || made !== consumer) return
      log.warn({ err: payload.error }, 'The reader of compacted topics stopped for good; a new one takes over')
      setTimeout(() => void restart(), 500).unref()
    })
    await made.connect()
    await made.subscribe({ topics: topics.map((topic) => topic.name), fromBeginning: true })
    await made.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const table = tables.get(batch.topic)
        if (!table) return
        for (const { key, value } of batch.messages) apply(table, String(key), value === null ? null : String(value))
        const end = table.left.get(batch.partition)
        if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end) table.left.delete(batch.partition)
        if (table.left.size === 0) table.ready.resolve()
      },
    })
  }

  function apply(table: Table, id: string, text: string | null): void {
    const parsed = text === null ? undefined : table.topic.schema.safeParse(JSON.parse(text))
    if (parsed && !parsed.success) {
      log.error({ err: parsed.error, topic: table.topic.name, id }, 'A record has the wrong shape and is left out')
      return
    }
    if (parsed) table.values.set(id, parsed.data)
    else table.values.delete(id)
    for (const listener of table.listeners) listener(id, parsed?.data)
  }

  async function restart(): Promise<void> {
    for (let wait = 200; !closing; wait = Math.min(wait * 2, 5_000)) {
      try {
        return await start()
      } catch (err) {
        log.warn({ err }, 'Compacted topics cannot be read; trying again')
        await new Promise((done) => setTimeout(done, wait))
      }
    }
  }

  return {
    async open<Schema extends z.ZodType>(topic: Topic<Schema>) {
      const table: Table = tables.get(topic.name) ?? {
        topic,
        values: new Map(),
        listeners: [],
        left: new Map(),
        ready: Promise.withResolvers(),
      }
      if (!tables.has(topic.name)) {
        tables.set(topic.name, table)
        // All topics asked for in one turn share one start.
        starting ??= new Promise<void>((done) => setImmediate(done)).then(() => {
          starting = undefined
          return restart()
        })
        await starting
      }
      await table.ready.promise
      const values = table.values as Map<string, z.infer<Schema>>
      return {
        get: (id: string) => values.get(id),
        values: () => values.values(),
        get size() {
          return values.size
        },
        onChange: (listener: (id: string, value: z.infer<Schema> | undefined) => void) => {
          table.listeners.push(listener as (id: string, value: unknown) => void)
        },
      }
    },
    progressAt: () => progressAt,
    async [Symbol.asyncDispose]() {
      closing = true
      await consumer?.disconnect().catch(() => {})
    },
  }
}
