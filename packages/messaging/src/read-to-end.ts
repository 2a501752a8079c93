import { randomUUID } from 'node:crypto'
import type { Topic } from '@user-provisioning/contracts/topic'
import type { Kafka } from 'kafkajs'

/**
 * Reads topics up to the end offsets seen at the call, from where `readUpTo` (by `topic partition`) says; topics that have
 * nothing new cost one look at their offsets.
 */
export async function readToEnd(
  kafka: Kafka,
  topics: readonly Topic[],
  readUpTo: Map<string, string>,
  onMessage: (topic: string, key: string | null, value: string | null) => void,
): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const left = new Map<string, bigint>()
  try {
    for (const { name } of topics) {
      for (const { partition, high, low } of await admin.fetchTopicOffsets(name)) {
        const at = `${name} ${partition}`
        if (high !== low && readUpTo.get(at) !== high) left.set(at, BigInt(high))
      }
    }
  } finally {
    await admin.disconnect()
  }
  if (left.size === 0) return
  const ends = new Map(left)
  const done = Promise.withResolvers<void>()
  const consumer = kafka.consumer({ groupId: `read-to-end.${randomUUID()}`, minBytes: 1, maxWaitTimeInMs: 500 })
  try {
    await consumer.connect()
    const wanted = new Set([...left.keys()].map((at) => at.split(' ')[0] ?? ''))
    await consumer.subscribe({ topics: [...wanted], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const at = `${batch.topic} ${batch.partition}`
        for (const { key, value } of batch.messages) {
          onMessage(batch.topic, key === null ? null : String(key), value === null ? null : String(value))
        }
        const end = left.get(at)
        if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end) left.delete(at)
        if (left.size === 0) done.resolve()
      },
    })
    await done.promise
  } finally {
    await consumer.disconnect()
  }
  for (const [at, end] of ends) readUpTo.set(at, String(end))
}
