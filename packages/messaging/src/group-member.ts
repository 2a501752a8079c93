import type { Logger } from '@user-provisioning/runtime/logging'
import type { Cluster, Kafka, Consumer as KafkaConsumer, KafkaMessage, Offsets, PartitionAssigner } from 'kafkajs'
import { backoffMs, pause, within } from './backoff.ts'
import { leaveAsFormerSelf } from './former-self.ts'

export interface MemberOptions {
  readonly group: string
  readonly topics: readonly string[]
  /** For a group that several replicas share: how its partitions are dealt out, and under which name this one is in it. */
  readonly shared?: { readonly assigner: PartitionAssigner; readonly replica: string }
  readonly log: Logger
  /** Before each connection, the first one too; one that fails is tried again. */
  prepare?(): Promise<void>
}

export interface MemberEvents {
  /**
   * The group dealt its partitions out. `isSameMember` false: this is a new membership, in between others may have had
   * whatever was held.
   */
  onAssigned(assignment: ReadonlyMap<string, readonly number[]>, isSameMember: boolean): void
  /** Messages in the order of their partition. Must return at once and not throw. */
  onBatch(topic: string, partition: number, messages: readonly KafkaMessage[]): void
  /** The group is about to deal anew: the last moment for a commit. */
  onRebalancing?(): void
  /** The membership is gone: what was held may be another's by now. */
  onGone?(): void
  /** The broker had nothing new for a while. */
  onIdle?(): void
}

export interface CommittedOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

/** One member of a consumer group, which is made anew when it breaks, for as long as it is not disposed. */
export interface GroupMember extends AsyncDisposable {
  /** Resolves at the first assignment. */
  joined(): Promise<void>
  isJoined(): boolean
  /** When its loop last went round (ms since 1970), whether or not there was a broker. */
  progressAt(): number
  /** Tried once: what the caller commits next has it all. */
  commit(offsets: readonly CommittedOffset[]): Promise<void>
  /** Where the next fetch of a partition begins; called from `onAssigned`. */
  seek(topic: string, partition: number, offset: bigint): void
  pause(topic: string, partition: number): void
  resume(topic: string, partition: number): void
}

const memberOptions = {
  // A fetch is answered as soon as there is one message, so that the longest wait bounds an idle fetch only.
  minBytes: 1,
  maxWaitTimeInMs: 500,
  // A member hears of a rebalance by heartbeat: this is about how long one takes.
  heartbeatInterval: 500,
  // The broker's default minimum: how long the partitions of a killed member wait, if it is not started again before.
  sessionTimeout: 6_000,
  rebalanceTimeout: 10_000,
  // Short: what lasts longer is met by a new member, which knows nothing of the old connections.
  retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5, restartOnFailure: async () => false },
} as const

const watchEveryMs = 5_000
/** Longer than a rebalance and a request that times out. */
const stalledAfterMs = 40_000
const disconnectMs = 5_000
/** Fetches in a row, of each broker, that brought nothing. */
const idleFetches = 3

/**
 * Joins a group and stays in it. kafkajs gives a member up for good after some errors, restarts others with what it knew of
 * a broker that is gone, and may wait for ever in a join: all three end here in a new member, within seconds.
 */
export function joinGroup(kafka: Kafka, options: MemberOptions, events: MemberEvents): GroupMember {
  const { group, topics, shared, log } = options
  const ended = new AbortController()
  const joined = Promise.withResolvers<void>()
  let current: KafkaConsumer | undefined
  let isJoined = false
  let progressAt = Date.now()
  let commitOffsets: ((offsets: Offsets) => Promise<void>) | undefined

  async function live(): Promise<void> {
    for (let attempt = 0; !ended.signal.aborted; attempt++) {
      const lived = await liveOnce()
      if (ended.signal.aborted) return
      if (lived) attempt = 0
      await pause(backoffMs(attempt, 100, 2_000), ended.signal)
    }
  }

  /** @returns whether the member was part of the group before it broke */
  async function liveOnce(): Promise<boolean> {
    const broken = Promise.withResolvers<void>()
    let memberId: string | undefined
    let consumer: KafkaConsumer | undefined
    const moved = () => {
      progressAt = Date.now()
    }
    moved()
    const watch = setInterval(() => {
      if (Date.now() - progressAt < stalledAfterMs) return
      log.warn({ group }, 'A consumer stands still; a new one takes over')
      broken.resolve()
    }, watchEveryMs)
    try {
      await options.prepare?.()
      let cluster: Cluster | undefined
      const assigner: PartitionAssigner | undefined =
        shared &&
        ((config) => {
          cluster = config.cluster
          return shared.assigner(config)
        })
      const made = kafka.consumer({
        groupId: group,
        ...memberOptions,
        ...(assigner && { partitionAssigners: [assigner] }),
      })
      consumer = made
      current = made
      const idle = idleness(() => events.onIdle?.())
      made.on(made.events.CRASH, () => broken.resolve())
      made.on(made.events.HEARTBEAT, moved)
      made.on(made.events.FETCH, ({ payload }) => {
        moved()
        if (current === made) idle.fetched(payload.nodeId)
      })
      made.on(made.events.REBALANCING, () => {
        moved()
        if (current === made) events.onRebalancing?.()
      })
      made.on(made.events.GROUP_JOIN, ({ payload }) => {
        moved()
        if (current !== made || ended.signal.aborted) return
        const isSameMember = memberId === payload.memberId
        memberId = payload.memberId
        isJoined = true
        idle.reset()
        events.onAssigned(new Map(Object.entries(payload.memberAssignment)), isSameMember)
        joined.resolve()
      })
      await made.connect()
      if (shared && cluster) {
        await leaveAsFormerSelf(cluster, group, shared.replica).catch((err: unknown) => {
          log.debug({ err, group }, 'Whether a former self is in the group is not known; its session ends by itself')
        })
      }
      await made.subscribe({ topics: [...topics], fromBeginning: true })
      await Promise.race([
        broken.promise,
        made.run({
          autoCommit: false,
          partitionsConsumedConcurrently: 16,
          eachBatch: async ({ batch, commitOffsetsIfNecessary }) => {
            moved()
            idle.received()
            if (current !== made || batch.messages.length === 0) return
            // This one commits once; the consumer's own repeats an old commit after a rebalance, over a newer owner's.
            commitOffsets = commitOffsetsIfNecessary
            events.onBatch(batch.topic, batch.partition, batch.messages)
          },
        }),
      ])
      await Promise.race([broken.promise, aborted(ended.signal)])
    } catch (err) {
      if (!ended.signal.aborted) log.debug({ err, group }, 'A consumer cannot join yet; trying again')
    } finally {
      clearInterval(watch)
    }
    const wasJoined = isJoined
    if (!ended.signal.aborted) {
      current = undefined
      isJoined = false
      if (wasJoined) {
        log.warn({ group }, 'A consumer lost its group; joining again')
        events.onGone?.()
      }
    }
    if (consumer) await within(disconnectMs, consumer.disconnect())
    current = undefined
    commitOffsets = undefined
    return wasJoined
  }

  const life = live()
  return {
    joined: () => joined.promise,
    isJoined: () => isJoined,
    progressAt: () => progressAt,
    async commit(offsets) {
      if (!commitOffsets) throw new Error(`not in the group ${group}`)
      const byTopic = Map.groupBy(offsets, ({ topic }) => topic)
      await commitOffsets({
        topics: [...byTopic].map(([topic, partitions]) => ({
          topic,
          partitions: partitions.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
        })),
      })
    },
    seek: (topic, partition, offset) => current?.seek({ topic, partition, offset: String(offset) }),
    pause: (topic, partition) => current?.pause([{ topic, partitions: [partition] }]),
    resume: (topic, partition) => current?.resume([{ topic, partitions: [partition] }]),
    async [Symbol.asyncDispose]() {
      ended.abort()
      joined.resolve()
      await life
    },
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** Tells when no broker had anything new for some fetches in a row. kafkajs says so of no partition. */
function idleness(onIdle: () => void) {
  const emptyByNode = new Map<string, number>()
  let received = false
  return {
    received() {
      received = true
    },
    reset() {
      emptyByNode.clear()
      received = false
    },
    /** Comes before the batches of its own fetch, so that it counts those of the fetch before. */
    fetched(nodeId: unknown) {
      if (received) emptyByNode.clear()
      received = false
      emptyByNode.set(String(nodeId), (emptyByNode.get(String(nodeId)) ?? 0) + 1)
      if ([...emptyByNode.values()].every((empty) => empty >= idleFetches)) onIdle()
    },
  }
}
