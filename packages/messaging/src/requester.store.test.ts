import { randomUUID } from 'node:crypto'
import { replyTopic } from '@user-provisioning/contracts/topics'
import { describe, expect, test } from 'vitest'
import type { Messaging } from './messaging.ts'
import type { Requester } from './requester.ts'
import { subscribe } from './subscription.ts'
import { eventually, useKafka } from './test-kafka.ts'
import { n, newTopic } from './test-topics.ts'

const kafka = useKafka()
type TestTopic = ReturnType<typeof newTopic>

const ask = (
  requester: Requester,
  topic: TestTopic,
  value: number,
  more: { requestId?: string; waitMs?: number } = {},
) =>
  requester.ask(topic, {
    key: 'k',
    value: { n: value },
    type: 'Ask',
    requestId: more.requestId ?? randomUUID(),
    deadlineAt: Date.now() + (more.waitMs ?? 20_000),
  })

/** Answers each request with its number. */
async function answer(messaging: Messaging, topic: TestTopic, result: (value: number) => unknown = (value) => value) {
  const consumer = await messaging.consume({
    group: topic.name,
    topics: [
      subscribe({
        topic,
        order: 'key',
        handle: async (message) => messaging.reply(message, { outcome: 'admin', result: result(n(message)) }),
      }),
    ],
  })
  await consumer.joined()
}

describe('request and reply', () => {
  test('an answer reaches the asker, also one that is larger than a message', async () => {
    const [asking, answering] = await Promise.all([kafka.connect('scim-ingress'), kafka.connect()])
    const topic = newTopic('requests')
    const large = 'ä€😀'.repeat(400_000)
    await answer(answering, topic, (value) => (value === 1 ? 'small' : large))
    const requester = await asking.openRequester()
    expect(await ask(requester, topic, 1)).toEqual({ outcome: 'admin', result: 'small' })
    expect(await ask(requester, topic, 2)).toEqual({ outcome: 'admin', result: large })
    expect(requester.waiting()).toBe(0)
  })

  test('many at once get their own answers', async () => {
    const [asking, answering] = await Promise.all([kafka.connect('scim-ingress'), kafka.connect()])
    const topic = newTopic('requests')
    await answer(answering, topic)
    const requester = await asking.openRequester()
    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, value) => ask(requester, topic, value)))
    expect(answers).toEqual(Array.from({ length: 1_000 }, (_, result) => ({ outcome: 'admin', result })))
  })

  test('nobody answers: the asker is told deadline-exceeded, at the deadline', async () => {
    const asking = await kafka.connect('scim-ingress')
    const topic = newTopic('requests')
    await asking.ensureTopics([topic])
    const requester = await asking.openRequester()
    const begun = Date.now()
    await expect(ask(requester, topic, 1, { waitMs: 300 })).rejects.toMatchObject({ code: 'deadline-exceeded' })
    expect(Date.now() - begun).toBeGreaterThanOrEqual(295)
    expect(Date.now() - begun).toBeLessThan(2_000)
    expect(requester.waiting()).toBe(0)
  })

  test('a repeated answer to the first asking of a request does not answer the second', async () => {
    const [asking, answering] = await Promise.all([kafka.connect('scim-ingress'), kafka.connect()])
    const topic = newTopic('requests')
    const received: Parameters<Messaging['reply']>[0][] = []
    const consumer = await answering.consume({
      group: topic.name,
      topics: [subscribe({ topic, order: 'key', handle: async (message) => void received.push(message) })],
    })
    await consumer.joined()
    const requester = await asking.openRequester()
    const requestId = randomUUID()
    const replyTo = (index: number, result: string) => {
      const message = received[index]
      if (!message) throw new Error('not received')
      answering.reply(message, { outcome: 'admin', result })
    }
    const first = ask(requester, topic, 1, { requestId })
    await eventually(() => expect(received).toHaveLength(1))
    replyTo(0, 'first')
    expect(await first).toEqual({ outcome: 'admin', result: 'first' })
    const second = ask(requester, topic, 2, { requestId })
    await eventually(() => expect(received).toHaveLength(2))
    replyTo(0, 'first')
    replyTo(1, 'second')
    expect(await second).toEqual({ outcome: 'admin', result: 'second' })
  })

  test('an answer of the wrong shape is a fault of ours at once, and the next answer is read', async () => {
    const [asking, answering] = await Promise.all([kafka.connect('scim-ingress'), kafka.connect()])
    const topic = newTopic('requests')
    const consumer = await answering.consume({
      group: topic.name,
      topics: [
        subscribe({
          topic,
          order: 'key',
          handle: async (message) =>
            answering.reply(message, n(message) === 1 ? { outcome: 'nonsense' } : { outcome: 'deleted' }),
        }),
      ],
    })
    await consumer.joined()
    const requester = await asking.openRequester()
    await expect(ask(requester, topic, 1)).rejects.toMatchObject({ code: 'internal-error' })
    expect(await ask(requester, topic, 2)).toEqual({ outcome: 'deleted' })
  })

  test('answers to an asker that is gone, or never was, hold up nobody else', async () => {
    const [staying, leaving, answering] = await Promise.all([
      kafka.connect('scim-ingress'),
      kafka.connect('scim-ingress'),
      kafka.connect(),
    ])
    const topic = newTopic('requests')
    const release = Promise.withResolvers<void>()
    const consumer = await answering.consume({
      group: topic.name,
      topics: [
        subscribe({
          topic,
          order: 'none',
          async handle(message) {
            if (n(message) < 0) await release.promise
            answering.reply(message, { outcome: 'admin', result: n(message) })
          },
        }),
      ],
    })
    await consumer.joined()
    const [stays, leaves] = await Promise.all([staying.openRequester(), leaving.openRequester()])
    // The producer of the answers knows both reply topics.
    expect(await ask(leaves, topic, 0)).toEqual({ outcome: 'admin', result: 0 })
    expect(await ask(stays, topic, 0)).toEqual({ outcome: 'admin', result: 0 })
    const unanswered = Array.from({ length: 20 }, () => ask(leaves, topic, -1))
    const refused = Promise.all(
      unanswered.map((asked) => expect(asked).rejects.toMatchObject({ code: 'service-unavailable' })),
    )
    await eventually(() => expect(consumer.inWork()).toBe(20))
    await kafka.close(leaving)
    await refused
    const headers = { 'reply-to': replyTopic(randomUUID()).name, 'request-id': randomUUID() }
    await answering.outbox.send(topic, { key: 'k', value: { n: -2 }, type: 'Ask', headers })
    release.resolve()
    const begun = Date.now()
    const answers = await Promise.all(Array.from({ length: 50 }, (_, value) => ask(stays, topic, value + 1)))
    expect(answers.map((reply) => 'result' in reply && reply.result)).toEqual(
      Array.from({ length: 50 }, (_, value) => value + 1),
    )
    expect(Date.now() - begun).toBeLessThan(5_000)
    await answering.outbox.flush(5_000)
    expect(await ask(stays, topic, 99)).toEqual({ outcome: 'admin', result: 99 })
  })
})
