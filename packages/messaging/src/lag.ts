import { type AdminAccess, offsetRanges } from './admin-access.ts'

export interface TopicLag {
  readonly group: string
  readonly topic: string
  readonly partition: number
  /** Messages that are not done, as far as it was committed. */
  readonly lag: number
}

/** How far groups are behind, by partition, those included that never committed anything. Asks the broker. */
export function readLag(
  access: AdminAccess,
  groups: readonly { readonly group: string; readonly topics: readonly string[] }[],
): Promise<TopicLag[]> {
  return access.use(async (admin) => {
    const found = await Promise.all(
      groups.map(async ({ group, topics }) => {
        const ranges = await offsetRanges(access, topics)
        // Read after the ends: what was committed in between makes the lag too small, never what was sent.
        const committed = new Map<string, bigint>()
        for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group, topics: [...topics] })) {
          for (const { partition, offset } of partitions) committed.set(`${topic} ${partition}`, BigInt(offset))
        }
        return ranges.map(({ topic, partition, low, high }) => {
          const done = committed.get(`${topic} ${partition}`) ?? -1n
          const from = done > low ? done : low
          return { group, topic, partition, lag: Number(high > from ? high - from : 0n) }
        })
      }),
    )
    return found.flat()
  })
}
