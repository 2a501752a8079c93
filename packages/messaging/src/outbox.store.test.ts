import { randomUUID } from 'node:crypto'
import { replyTopic } from '@user-provisioning/contracts/topics'
import { describe, expect, test } from 'vitest'
import { adminAccess } from './admin-access.ts'
import { kafkaClient } from './kafka-client.ts'
import type { Received } from './received.ts'
import { subscribe } from './subscription.ts'
import { eventually, useKafka } from './test-kafka.ts'
import { log, n, newTopic } from './test-topics.ts'

const kafka = useKafka()

async function reader(topics: readonly ReturnType<typeof newTopic>[]) {
  const messaging = await kafka.connect()
  const received: Received[] = []
  const consumer = await messaging.consume({
    group: randomUUID(),
    topics: topics.map((topic) =>
      subscribe({ topic, order: 'key', handle: async (message) => void received.push(message) }),
    ),
  })
  await consumer.joined()
  return { messaging, received }
}

describe('sending', () => {
  test('one topic that is gone and one message too large take nobody along that was sent in the same turn', async () => {
    const [good, narrow] = [newTopic('good'), newTopic('narrow', { maxMessageBytes: 10_000 })]
    const { messaging, received } = await reader([good, narrow])
    const sent = await Promise.allSettled([
      messaging.outbox.reply(replyTopic(randomUUID()).name, { key: 'k', value: { n: 1 }, type: 'T' }),
      messaging.outbox.send(good, { key: 'k', value: { n: 2 }, type: 'T' }),
      messaging.outbox.send(narrow, { key: 'k', value: { n: 3, text: 'x'.repeat(20_000) }, type: 'T' }),
      messaging.outbox.send(narrow, { key: 'other', value: { n: 4 }, type: 'T' }),
    ])
    expect(sent.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled'])
    for (const result of [sent[0], sent[2]]) {
      expect(result).toMatchObject({ reason: { name: 'NotSentError', isTransient: false } })
    }
    await eventually(() => expect(new Set(received.map(n))).toEqual(new Set([2, 4])))
  })

  test('a topic that was sent to and is gone does not spoil those that are sent to for the first time', async () => {
    const [gone, good] = [newTopic('gone'), newTopic('good')]
    const { messaging, received } = await reader([good])
    await messaging.ensureTopics([gone])
    await messaging.outbox.send(gone, { key: 'k', value: { n: 1 }, type: 'T' })
    const brokers = kafka.stores().kafkaBrokers.split(',')
    const access = adminAccess(kafkaClient({ brokers, clientId: 'test', log }))
    await access.use((admin) => admin.deleteTopics({ topics: [gone.name] }))
    const begun = Date.now()
    await messaging.outbox.send(good, { key: 'k', value: { n: 2 }, type: 'T' })
    await eventually(() => expect(received.map(n)).toEqual([2]))
    expect(Date.now() - begun).toBeLessThan(5_000)
  })

  test('messages of one key stay in order, however many turns and batches they take', async () => {
    const topic = newTopic('a')
    const { messaging, received } = await reader([topic])
    const text = 'x'.repeat(60_000)
    const sent: Promise<void>[] = []
    for (let i = 0; i < 300; i++) {
      sent.push(messaging.outbox.send(topic, { key: `k${i % 3}`, value: { n: i, text }, type: 'T' }))
      if (i % 4 === 0) await new Promise((done) => setImmediate(done))
    }
    await Promise.all(sent)
    await eventually(() => expect(received).toHaveLength(300))
    for (const key of ['k0', 'k1', 'k2']) {
      const ofKey = received.filter((message) => message.key === key).map(n)
      expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b))
    }
  })

  test('a message of 20 MB goes through where its topic allows it', async () => {
    const topic = newTopic('a', { maxMessageBytes: 20_971_520 })
    const { messaging, received } = await reader([topic])
    const text = 'x'.repeat(20_000_000)
    await Promise.all([
      messaging.outbox.send(topic, { key: 'k', value: { n: 1, text }, type: 'T' }),
      messaging.outbox.send(topic, { key: 'k', value: { n: 2 }, type: 'T' }),
    ])
    await eventually(() => expect(received.map(n)).toEqual([1, 2]))
    expect(received[0]?.value).toEqual({ n: 1, text })
  })

  test('a message says what it is: CloudEvents attributes in its headers', async () => {
    const topic = newTopic('a')
    const { messaging, received } = await reader([topic])
    await messaging.outbox.send(topic, {
      key: 'k',
      value: { n: 1 },
      type: 'UserProvisioned',
      id: 'r/0',
      headers: { x: 'y' },
    })
    await eventually(() => expect(received).toHaveLength(1))
    expect(received[0]).toMatchObject({
      type: 'UserProvisioned',
      id: 'r/0',
      key: 'k',
      headers: {
        ce_specversion: '1.0',
        ce_source: 'identity-service',
        ce_type: 'UserProvisioned',
        ce_id: 'r/0',
        'content-type': 'application/json',
        x: 'y',
      },
    })
    expect(Date.parse(received[0]?.headers.ce_time ?? '')).toBeGreaterThan(Date.now() - 60_000)
  })
})

describe('topics', () => {
  test('are made once with their configuration, and one with too few partitions is refused', async () => {
    const messaging = await kafka.connect()
    const topic = newTopic('a', { partitions: 3 })
    await Promise.all([messaging.ensureTopics([topic]), messaging.ensureTopics([topic])])
    await messaging.ensureTopics([topic, newTopic('b')])
    await expect(messaging.ensureTopics([{ ...topic, partitions: 4 }])).rejects.toThrow(
      `The topic ${topic.name} has 3 partitions and must have 4`,
    )
  })
})
