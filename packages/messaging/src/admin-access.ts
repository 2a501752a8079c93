import type { Admin, Kafka } from 'kafkajs'

/** Kafka's admin client for as long as somebody needs it: an idle connection costs a timer ten times a second. */
export interface AdminAccess {
  use<Result>(work: (admin: Admin) => Promise<Result>): Promise<Result>
}

export interface OffsetRange {
  readonly topic: string
  readonly partition: number
  /** The oldest offset there is. */
  readonly low: bigint
  /** The offset that the next message gets. */
  readonly high: bigint
}

/** Those who ask at the same time share one connection. */
export function adminAccess(kafka: Kafka): AdminAccess {
  let shared: { readonly admin: Admin; readonly connected: Promise<void>; users: number } | undefined

  function open() {
    const admin = kafka.admin({ retry: { retries: 3 } })
    return { admin, connected: admin.connect(), users: 0 }
  }

  return {
    async use(work) {
      shared ??= open()
      const mine = shared
      mine.users++
      try {
        await mine.connected
        return await work(mine.admin)
      } finally {
        mine.users--
        // Nobody joins one that failed, and the last one closes it.
        if (shared === mine) shared = mine.users === 0 ? undefined : shared
        if (mine.users === 0) await mine.admin.disconnect().catch(() => {})
      }
    },
  }
}

/** What the partitions of these topics hold now, in order. */
export function offsetRanges(access: AdminAccess, topics: readonly string[]): Promise<OffsetRange[]> {
  return access.use(async (admin) => {
    const found = await Promise.all(
      topics.map(async (topic) =>
        (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
          topic,
          partition,
          low: BigInt(low),
          high: BigInt(high),
        })),
      ),
    )
    return found.flat().toSorted((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition)
  })
}
