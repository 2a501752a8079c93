import type { Topic } from '@user-provisioning/contracts/topic'
import type { ITopicConfig } from 'kafkajs'
import type { AdminAccess } from './admin-access.ts'
import { backoffMs, pause } from './backoff.ts'

const triedMs = 30_000

/**
 * Creates what is missing of the topics, with their configuration; never deletes or changes one. Three replicas where there
 * are three brokers. Right after a broker's start this may fail for a moment: it is tried for 30 s.
 * @throws Error when a topic has fewer partitions than declared: its keys would be elsewhere than those of its siblings
 */
export async function ensureTopics(access: AdminAccess, topics: readonly Topic[]): Promise<void> {
  const giveUpAt = Date.now() + triedMs
  for (let attempt = 0; ; attempt++) {
    try {
      const existing = await createMissing(access, topics)
      for (const { name, partitions } of topics) {
        const found = existing.get(name)
        if (found === undefined || found >= partitions) continue
        throw new TopicMismatch(`The topic ${name} has ${found} partitions and must have ${partitions}`)
      }
      return
    } catch (err) {
      if (Date.now() > giveUpAt || err instanceof TopicMismatch) throw err
      await pause(backoffMs(attempt, 100, 1_000))
    }
  }
}

class TopicMismatch extends Error {}

/** @returns partitions by topic, of those that were there already */
function createMissing(access: AdminAccess, topics: readonly Topic[]): Promise<Map<string, number>> {
  return access.use(async (admin) => {
    const names = new Set(await admin.listTopics())
    const missing = topics.filter((topic) => !names.has(topic.name))
    if (missing.length > 0) {
      const { brokers } = await admin.describeCluster()
      await admin.createTopics({
        topics: missing.map((topic) => topicConfig(topic, brokers.length >= 3 ? 3 : 1)),
        waitForLeaders: true,
        timeout: 10_000,
      })
    }
    const there = topics.filter((topic) => names.has(topic.name)).map((topic) => topic.name)
    if (there.length === 0) return new Map()
    const metadata = await admin.fetchTopicMetadata({ topics: there })
    return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]))
  })
}

function topicConfig(topic: Topic, replicationFactor: number): ITopicConfig {
  const entries: Record<string, string> =
    topic.cleanup.kind === 'compact'
      ? { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.1', 'segment.ms': '3600000' }
      : {
          'cleanup.policy': 'delete',
          'retention.ms': String(topic.cleanup.retentionMs),
          // A segment that is written to is never deleted: half the retention is as long as one may be.
          'segment.ms': String(Math.floor(topic.cleanup.retentionMs / 2)),
        }
  entries['max.message.bytes'] = String(topic.maxMessageBytes)
  if (replicationFactor === 3) entries['min.insync.replicas'] = '2'
  return {
    topic: topic.name,
    numPartitions: topic.partitions,
    replicationFactor,
    configEntries: Object.entries(entries).map(([name, value]) => ({ name, value })),
  }
}
