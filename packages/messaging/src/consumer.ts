import type { Topic } from '@user-provisioning/contracts/topic'
import type { Logger } from '@user-provisioning/runtime/logging'
import type { Kafka, Consumer as KafkaConsumer, KafkaMessage } from 'kafkajs'
import type { z } from 'zod'
import { copartitionedAssigner } from './assigner.ts'
import { readHeaders } from './headers.ts'
import type { Parking } from './parking.ts'
import { PartitionProgress } from './partition-progress.ts'

/** A message as a handler gets it: parsed once, by the topic's schema. */
export interface Received<Value = unknown> {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly key: string | null
  readonly value: Value
  /** CloudEvents type and id. */
  readonly type: string
  readonly id: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Subscription<Schema extends z.ZodType = z.ZodType> {
  readonly topic: Topic<Schema>
  /** `key`: messages of one key one after the other, over all topics of the group. `none`: side by side. */
  readonly order: 'key' | 'none'
  /** For `none`: how many at once (32). */
  readonly concurrency?: number
  handle(message: Received<z.infer<Schema>>): Promise<void>
  /** What to do with one that cannot be processed: park it and its key's later ones (default), or tell and drop it. */
  readonly onPoison?: 'park' | 'drop' | ((message: Received, err: unknown) => Promise<void>)
}

/** Gives a subscription the types of its topic. */
export function subscribe<Schema extends z.ZodType>(subscription: Subscription<Schema>): Subscription {
  return subscription as unknown as Subscription
}

export interface ConsumeOptions {
  readonly group: string
  readonly topics: readonly Subscription[]
  /** Before any message of these partitions is handled. */
  onGained?(partitions: readonly number[]): Promise<void>
  onLost?(partitions: readonly number[]): void
  /** Errors after which the same message is tried again for ever, as a database that is away. */
  isTransient?(err: unknown): boolean
}

export interface Consumer extends AsyncDisposable {
  readonly group: string
  /** The partition numbers that this replica owns now. */
  partitions(): number[]
  /** Resolves when the group has given this replica its partitions. */
  joined(): Promise<void>
  /** When a fetch, a join or a handler last came to an end, in ms of `Date.now()`. */
  progressAt(): number
  /** Messages begun and not done. */
  inWork(): number
}

interface Task {
  readonly subscription: Subscription
  readonly partition: number
  readonly offset: bigint
  readonly message: KafkaMessage
  readonly progress: PartitionProgress
}

const commitAfterMs = 250
const pauseAbove = 1_000
const resumeBelow = 500
const drainMs = 5_000
const poisonAttempts = 3

/**
 * Joins a group. Messages go into queues of our own and kafkajs goes on fetching, so that a slow one holds up its key and
 * nothing else; what is done is committed every 250 ms; over 1,000 in work a partition is paused.
 */
export async function openConsumer(
  kafka: Kafka,
  parking: Parking,
  log: Logger,
  options: ConsumeOptions,
): Promise<Consumer> {
  const { group, topics } = options
  const byTopic = new Map(topics.map((subscription) => [subscription.topic.name, subscription]))
  const progress = new Map<string, PartitionProgress>()
  const queues = new Map<string, Task[]>()
  const lanes = new Map<string, { running: number; waiting: Task[] }>()
  const paused = new Set<string>()
  const running = new Set<Promise<void>>()
  let owned: number[] = []
  let gained: Promise<void> = Promise.resolve()
  const joined = Promise.withResolvers<void>()
  let progressAt = Date.now()
  let commitTimer: NodeJS.Timeout | undefined
  let closing = false
  let consumer: KafkaConsumer

  const place = (topic: string, partition: number) => `${topic} ${partition}`
  const current = (task: Task) => progress.get(place(task.subscription.topic.name, task.partition)) === task.progress

  function onJoin(assignment: Readonly<Record<string, readonly number[]>>): void {
    progressAt = Date.now()
    const mine = new Set(Object.entries(assignment).flatMap(([topic, list]) => list.map((n) => place(topic, n))))
    for (const at of progress.keys()) if (!mine.has(at)) progress.delete(at)
    for (const at of paused) if (!mine.has(at)) paused.delete(at)
    const now = [...new Set(Object.values(assignment).flat())].toSorted((a, b) => a - b)
    const lost = owned.filter((partition) => !now.includes(partition))
    const fresh = now.filter((partition) => !owned.includes(partition))
    owned = now
    if (lost.length > 0) options.onLost?.(lost)
    if (fresh.length > 0) {
      const before = gained
      gained = before.then(() => prepare(fresh))
    }
    void gained.then(() => joined.resolve())
  }

  async function prepare(partitions: readonly number[]): Promise<void> {
    for (let wait = 100; !closing; wait = Math.min(wait * 2, 5_000)) {
      try {
        await parking.load(topics.map((subscription) => subscription.topic))
        await options.onGained?.(partitions)
        return
      } catch (err) {
        log.warn({ err, group }, 'Preparing gained partitions failed; trying again')
        await pause(wait)
      }
    }
  }

  function take(topic: string, partition: number, messages: readonly KafkaMessage[]): void {
    progressAt = Date.now()
    const subscription = byTopic.get(topic)
    if (!subscription || closing) return
    const at = place(topic, partition)
    const tracked = progress.get(at) ?? new PartitionProgress()
    progress.set(at, tracked)
    for (const message of messages) {
      const offset = BigInt(message.offset)
      if (!tracked.begin(offset)) continue
      enqueue({ subscription, partition, offset, message, progress: tracked })
    }
    if (tracked.size > pauseAbove && !paused.has(at)) {
      paused.add(at)
      consumer.pause([{ topic, partitions: [partition] }])
    }
  }

  function enqueue(task: Task): void {
    const { subscription, message } = task
    if (subscription.order === 'none' || message.key === null) {
      const lane = lanes.get(subscription.topic.name) ?? { running: 0, waiting: [] }
      lanes.set(subscription.topic.name, lane)
      lane.waiting.push(task)
      if (lane.running < (subscription.concurrency ?? 32)) {
        lane.running++
        track(drain(lane.waiting).finally(() => lane.running--))
      }
      return
    }
    const key = String(message.key)
    const queue = queues.get(key)
    if (queue) {
      queue.push(task)
      return
    }
    const tasks = [task]
    queues.set(key, tasks)
    track(drain(tasks).finally(() => queues.delete(key)))
  }

  function track(work: Promise<void>): void {
    running.add(work)
    void work.finally(() => running.delete(work))
  }

  async function drain(tasks: Task[]): Promise<void> {
    await gained
    for (let task = tasks.shift(); task; task = tasks.shift()) {
      // What was queued for a partition that is lost belongs to its new owner.
      if (closing || !current(task)) continue
      await process(task)
      task.progress.end(task.offset)
      progressAt = Date.now()
      resume(task)
      scheduleCommit()
    }
  }

  function resume({ subscription, partition, progress: tracked }: Task): void {
    const at = place(subscription.topic.name, partition)
    if (tracked.size >= resumeBelow || !paused.delete(at)) return
    consumer.resume([{ topic: subscription.topic.name, partitions: [partition] }])
  }

  async function process(task: Task): Promise<void> {
    const { subscription, partition, message } = task
    const { topic } = subscription
    const key = message.key === null ? null : String(message.key)
    const headers = readHeaders(message.headers)
    const text = String(message.value ?? 'null')
    const poison = async (err: unknown, received?: Received) => {
      log.error({ err, topic: topic.name, partition, offset: message.offset }, 'A message cannot be processed')
      if (typeof subscription.onPoison === 'function' && received) await subscription.onPoison(received, err)
      else if (subscription.onPoison !== 'drop' && typeof subscription.onPoison !== 'function') await park(err)
    }
    const park = (err: unknown) =>
      persistently(() => parking.park(topic, { partition, offset: message.offset, key, headers, value: text }, err))
    if (key !== null && parking.isParked(key)) return park(null)
    let received: Received
    try {
      const value = topic.schema.parse(JSON.parse(text))
      received = {
        topic: topic.name,
        partition,
        offset: message.offset,
        key,
        value,
        type: headers.ce_type ?? '',
        id: headers.ce_id ?? '',
        headers,
      }
    } catch (err) {
      return poison(err)
    }
    for (let attempt = 1, wait = 50; ; wait = Math.min(wait * 2, 5_000)) {
      try {
        return await subscription.handle(received)
      } catch (err) {
        if (closing || !current(task)) return
        if (options.isTransient?.(err)) {
          log.debug({ err, topic: topic.name }, 'Trying again')
        } else if (attempt++ >= poisonAttempts) {
          return poison(err, received)
        }
        await pause(wait)
      }
    }
  }

  async function persistently(work: () => Promise<void>): Promise<void> {
    for (let wait = 100; !closing; wait = Math.min(wait * 2, 5_000)) {
      try {
        return await work()
      } catch (err) {
        log.warn({ err }, 'Parking a message failed; trying again')
        await pause(wait)
      }
    }
  }

  function scheduleCommit(): void {
    commitTimer ??= setTimeout(() => {
      commitTimer = undefined
      commit().catch(() => scheduleCommit())
    }, commitAfterMs)
  }

  /** In a rebalance a commit is refused; the next one has it all. */
  async function commit(): Promise<void> {
    const moved = [...progress].flatMap(([at, tracked]) => {
      const offset = tracked.committable
      const [topic = '', partition] = at.split(' ')
      return offset === undefined ? [] : [{ topic, partition: Number(partition), offset, tracked }]
    })
    if (moved.length === 0) return
    await consumer.commitOffsets(
      moved.map(({ topic, partition, offset }) => ({ topic, partition, offset: String(offset) })),
    )
    for (const { tracked, offset } of moved) tracked.committed(offset)
  }

  async function connect(): Promise<void> {
    const made = kafka.consumer({
      groupId: group,
      minBytes: 1,
      maxWaitTimeInMs: 500,
      maxBytes: 30_000_000,
      maxBytesPerPartition: 21_000_000,
      heartbeatInterval: 500,
      sessionTimeout: 6_000,
      rebalanceTimeout: 10_000,
      partitionAssigners: [copartitionedAssigner(() => owned)],
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 10, restartOnFailure: async () => true },
    })
    consumer = made
    made.on(made.events.GROUP_JOIN, ({ payload }) => onJoin(payload.memberAssignment))
    made.on(made.events.FETCH, () => {
      progressAt = Date.now()
    })
    made.on(made.events.CRASH, ({ payload }) => {
      if (payload.restart || closing || made !== consumer) return
      log.warn({ err: payload.error, group }, 'The consumer stopped for good; a new one takes over')
      void made.disconnect().catch(() => {})
      void reconnect()
    })
    await made.connect()
    await made.subscribe({ topics: topics.map(({ topic }) => topic.name), fromBeginning: true })
    await made.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 32,
      eachBatch: async ({ batch }) => take(batch.topic, batch.partition, batch.messages),
    })
  }

  async function reconnect(): Promise<void> {
    for (let wait = 200; !closing; wait = Math.min(wait * 2, 5_000)) {
      try {
        return await connect()
      } catch (err) {
        log.warn({ err, group }, 'The consumer cannot connect; trying again')
        await pause(wait)
      }
    }
  }

  await reconnect()
  return {
    group,
    partitions: () => [...owned],
    joined: () => joined.promise,
    progressAt: () => progressAt,
    inWork: () => [...progress.values()].reduce((sum, tracked) => sum + tracked.size, 0),
    async [Symbol.asyncDispose]() {
      closing = true
      clearTimeout(commitTimer)
      await Promise.race([Promise.allSettled(running), pause(drainMs)])
      await commit().catch(() => {})
      await consumer.disconnect().catch(() => {})
      joined.resolve()
    },
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, ms).unref()
  })
}
