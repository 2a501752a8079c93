import { randomUUID } from 'node:crypto'
import type { Logger } from '@user-provisioning/runtime/logging'
import type { Kafka } from 'kafkajs'
import { type AdminAccess, offsetRanges } from './admin-access.ts'
import { joinGroup } from './group-member.ts'

/**
 * Reads topics up to the end offsets seen at the call, from where `positions` says, and moves these; topics that have nothing new
 * cost one look at their offsets.
 * @param positions the next offset to read, by `topic partition`
 */
export async function readToEnd(
  kafka: Kafka,
  access: AdminAccess,
  topics: readonly string[],
  positions: Map<string, bigint>,
  log: Logger,
  onMessage: (topic: string, key: string | null) => void,
): Promise<void> {
  const ends = new Map<string, bigint>()
  for (const { topic, partition, low, high } of await offsetRanges(access, topics)) {
    const at = `${topic} ${partition}`
    if (high > low && (positions.get(at) ?? 0n) < high) ends.set(at, high)
  }
  if (ends.size === 0) return
  const done = Promise.withResolvers<void>()
  await using member = joinGroup(
    kafka,
    {
      group: `read-to-end.${randomUUID()}`,
      topics: [...new Set([...ends.keys()].map((at) => at.slice(0, at.lastIndexOf(' '))))],
      log,
    },
    {
      onAssigned(assignment) {
        for (const [topic, partitions] of assignment) {
          for (const partition of partitions) {
            const from = positions.get(`${topic} ${partition}`)
            if (from !== undefined) member.seek(topic, partition, from)
          }
        }
      },
      onBatch(topic, partition, messages) {
        const at = `${topic} ${partition}`
        for (const { key, offset } of messages) {
          onMessage(topic, key === null ? null : String(key))
          positions.set(at, BigInt(offset) + 1n)
        }
        if ((positions.get(at) ?? 0n) >= (ends.get(at) ?? 0n)) ends.delete(at)
        if (ends.size === 0) done.resolve()
      },
      // Offsets at the end without a message, after compaction or an aborted transaction.
      onIdle: () => done.resolve(),
    },
  )
  await done.promise
}
