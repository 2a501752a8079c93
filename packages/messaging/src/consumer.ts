import type { Logger } from '@user-provisioning/runtime/logging'
import type { Kafka, KafkaMessage } from 'kafkajs'
import { backoffMs, pause, within } from './backoff.ts'
import { copartitionedAssigner } from './copartitioned-assigner.ts'
import { joinGroup } from './group-member.ts'
import { handleMessage } from './handling.ts'
import type { Parking } from './parking.ts'
import { PartitionProgress } from './partition-progress.ts'
import type { Received } from './received.ts'
import type { Subscription } from './subscription.ts'
import { type Lane, newLane, workQueues } from './work-queues.ts'

export type { Received } from './received.ts'

export interface ConsumeOptions {
  readonly group: string
  readonly topics: readonly Subscription[]
  /** Before any message of these partitions is handled; one that fails is tried again. */
  onGained?(partitions: readonly number[]): Promise<void>
  onLost?(partitions: readonly number[]): void
  /** Errors after which the same message is tried again for ever, as of a database that is away. */
  isTransient?(err: unknown): boolean
}

export interface Consumer extends AsyncDisposable {
  readonly group: string
  readonly topics: readonly string[]
  /** The partition numbers that this replica owns now. */
  partitions(): number[]
  /** Resolves when the group has given this replica its partitions, and they are ready for their messages. */
  joined(): Promise<void>
  isJoined(): boolean
  /** When its loop last went round, in ms of `Date.now()`. */
  progressAt(): number
  /** Messages begun and not done. */
  inWork(): number
}

/** A partition of a topic for as long as this replica has it. */
interface Place {
  readonly subscription: Subscription
  readonly partition: number
  readonly progress: PartitionProgress
  isLost: boolean
  isPaused: boolean
}

interface Task {
  readonly place: Place
  readonly message: KafkaMessage
  readonly offset: bigint
}

/** What comes of gained partitions before they are ready. */
interface Gate {
  readonly tasks: Task[]
}

const commitAfterMs = 250
const pauseAbove = 1_000
const resumeBelow = 500
const drainMs = 5_000

/**
 * Joins a group. Messages go into queues of our own and kafkajs goes on fetching, so that a slow one holds up its key and
 * nothing else; what is done is committed every 250 ms; over 1,000 in work a partition is paused.
 */
export function openConsumer(
  options: ConsumeOptions & {
    readonly kafka: Kafka
    readonly replica: string
    readonly parking: Parking
    readonly log: Logger
    inTraceOf(received: Received, work: () => Promise<void>): Promise<void>
  },
): Consumer {
  const { group, parking, log } = options
  const bySubscription = new Map<Subscription, Lane<Task>>()
  const byTopic = new Map<string, Subscription>()
  for (const subscription of options.topics) {
    const { topic, order, concurrency = order === 'key' ? 256 : 32 } = subscription
    byTopic.set(topic.name, subscription)
    bySubscription.set(subscription, newLane(concurrency))
  }
  const places = new Map<string, Place>()
  const gates = new Map<number, Gate>()
  const stopping = new AbortController()
  const ready = Promise.withResolvers<void>()
  const queues = workQueues<Task>((task) => !task.place.isLost, run)
  let owned: number[] = []
  let commitTimer: NodeJS.Timeout | undefined
  let committing: Promise<void> = Promise.resolve()

  const member = joinGroup(
    options.kafka,
    {
      group,
      topics: [...byTopic.keys()],
      shared: { assigner: copartitionedAssigner(() => owned), replica: options.replica },
      log,
    },
    {
      onAssigned: assign,
      onBatch: take,
      onRebalancing: () => void commit().catch(() => {}),
      onGone: () => assign(new Map(), false),
    },
  )

  function assign(assignment: ReadonlyMap<string, readonly number[]>, isSameMember: boolean): void {
    const now = [...new Set([...assignment.values()].flat())].toSorted((a, b) => a - b)
    const before = isSameMember ? owned : []
    const lost = owned.filter((partition) => !isSameMember || !now.includes(partition))
    const gained = now.filter((partition) => !before.includes(partition))
    for (const [at, place] of places) {
      const { topic } = place.subscription
      if (isSameMember && assignment.get(topic.name)?.includes(place.partition)) {
        // What is in the queues is not fetched again.
        if (place.progress.next !== undefined) member.seek(topic.name, place.partition, place.progress.next)
      } else {
        places.delete(at)
        lose(place)
      }
    }
    for (const [topic, partitions] of assignment) {
      const subscription = byTopic.get(topic)
      if (!subscription) continue
      for (const partition of partitions) {
        const at = nameOf(topic, partition)
        if (!places.has(at)) places.set(at, newPlace(subscription, partition))
      }
    }
    for (const partition of lost) gates.delete(partition)
    owned = now
    if (lost.length > 0) options.onLost?.(lost)
    if (gained.length > 0) void prepare(gained)
    else if (gates.size === 0) ready.resolve()
  }

  /** What is queued of it belongs to its new owner. */
  function lose(place: Place): void {
    place.isLost = true
    if (place.isPaused) member.resume(place.subscription.topic.name, place.partition)
  }

  async function prepare(gained: readonly number[]): Promise<void> {
    const gate: Gate = { tasks: [] }
    for (const partition of gained) gates.set(partition, gate)
    const still = () => gained.filter((partition) => gates.get(partition) === gate)
    for (let attempt = 0; still().length > 0 && !stopping.signal.aborted; attempt++) {
      try {
        await parking.load()
        await options.onGained?.(still())
        break
      } catch (err) {
        // Of topics that were made a moment ago not every partition has a leader yet.
        log[attempt < 3 ? 'debug' : 'warn']({ err, group }, 'Preparing gained partitions failed; trying again')
        await pause(backoffMs(attempt, 100, 5_000), stopping.signal)
      }
    }
    if (stopping.signal.aborted) return
    for (const partition of still()) gates.delete(partition)
    for (const task of gate.tasks) enqueue(task)
    ready.resolve()
  }

  function take(topic: string, partition: number, messages: readonly KafkaMessage[]): void {
    const at = nameOf(topic, partition)
    let place = places.get(at)
    if (!place || stopping.signal.aborted) return
    for (const message of messages) {
      const offset = BigInt(message.offset)
      if (place.progress.next !== undefined && offset < place.progress.next) {
        // The broker lost its end of the log, or the topic was made anew: the offsets begin again.
        log.warn({ topic, partition, offset: message.offset }, 'The offsets of a partition went back')
        lose(place)
        place = newPlace(place.subscription, partition)
        places.set(at, place)
      }
      place.progress.begin(offset)
      const task = { place, message, offset }
      const gate = gates.get(partition)
      if (gate) gate.tasks.push(task)
      else enqueue(task)
    }
    if (place.progress.size > pauseAbove && !place.isPaused) {
      place.isPaused = true
      member.pause(topic, partition)
    }
  }

  function enqueue(task: Task): void {
    const { place, message } = task
    const { subscription, partition } = place
    const lane = bySubscription.get(subscription)
    if (place.isLost || !lane) return
    if (subscription.order === 'none') queues.push(null, lane, task)
    else if (message.key === null) queues.push(`partition ${nameOf(subscription.topic.name, partition)}`, lane, task)
    else queues.push(`key ${message.key}`, lane, task)
  }

  async function run({ place, message, offset }: Task): Promise<void> {
    const { subscription, partition, progress } = place
    const isDone = await handleMessage(
      { subscription, partition, message },
      {
        parking,
        log,
        stopping: stopping.signal,
        isWanted: () => !place.isLost,
        isTransient: (err) => options.isTransient?.(err) ?? false,
        inTraceOf: options.inTraceOf,
      },
    )
    if (!isDone) return
    progress.end(offset)
    if (place.isLost) return
    scheduleCommit()
    if (place.isPaused && progress.size < resumeBelow) {
      place.isPaused = false
      member.resume(subscription.topic.name, partition)
    }
  }

  function scheduleCommit(): void {
    commitTimer ??= setTimeout(() => {
      commitTimer = undefined
      commit().catch((err: unknown) => {
        // In a rebalance, or without a broker; the next one has it all.
        log.debug({ err, group }, 'Offsets were not committed; trying again')
        if (!stopping.signal.aborted) scheduleCommit()
      })
    }, commitAfterMs)
  }

  /** One after the other, so that an older commit never comes after a newer one. */
  function commit(): Promise<void> {
    const next = committing.then(commitNow, commitNow)
    committing = next.catch(() => {})
    return next
  }

  async function commitNow(): Promise<void> {
    const moved = [...places.values()].flatMap((place) => {
      const offset = place.progress.committable
      return offset === undefined ? [] : [{ place, offset }]
    })
    if (moved.length === 0) return
    await member.commit(
      moved.map(({ place, offset }) => ({ topic: place.subscription.topic.name, partition: place.partition, offset })),
    )
    for (const { place, offset } of moved) place.progress.committed(offset)
  }

  return {
    group,
    topics: [...byTopic.keys()],
    partitions: () => [...owned],
    joined: () => ready.promise,
    isJoined: () => member.isJoined(),
    progressAt: () => member.progressAt(),
    inWork: () => [...places.values()].reduce((sum, place) => sum + place.progress.size, 0),
    async [Symbol.asyncDispose]() {
      stopping.abort()
      clearTimeout(commitTimer)
      await within(drainMs, queues.stop())
      await within(drainMs, commit())
      await member[Symbol.asyncDispose]()
      ready.resolve()
    },
  }
}

function newPlace(subscription: Subscription, partition: number): Place {
  return { subscription, partition, progress: new PartitionProgress(), isLost: false, isPaused: false }
}

function nameOf(topic: string, partition: number): string {
  return `${topic} ${partition}`
}
