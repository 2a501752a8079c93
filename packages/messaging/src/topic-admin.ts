import { setTimeout as wait } from 'node:timers/promises'
import type { Topic } from '@user-provisioning/contracts/topic'
import type { ITopicConfig, Kafka } from 'kafkajs'

/**
 * Creates what is missing of the topics, with their configuration; never deletes or changes one. Three replicas where there
 * are three brokers. Right after a broker's start this may fail for a moment: it is tried for 30 s.
 */
export async function ensureTopics(kafka: Kafka, topics: readonly Topic[]): Promise<void> {
  const giveUpAt = Date.now() + 30_000
  for (;;) {
    const admin = kafka.admin()
    try {
      await admin.connect()
      const existing = new Set(await admin.listTopics())
      const missing = topics.filter((topic) => !existing.has(topic.name))
      if (missing.length > 0) {
        const { brokers } = await admin.describeCluster()
        const replicas = brokers.length >= 3 ? 3 : 1
        await admin.createTopics({
          topics: missing.map((topic) => topicConfig(topic, replicas)),
          waitForLeaders: true,
          timeout: 10_000,
        })
      }
      return
    } catch (err) {
      if (Date.now() > giveUpAt) throw err
      await wait(300)
    } finally {
      await admin.disconnect().catch(() => {})
    }
  }
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
