import { randomUUID } from 'node:crypto'
import type { Topic } from '@user-provisioning/contracts/topic'
import { type Stores, startStores } from '@user-provisioning/devstack/stores'
import { createLogger } from '@user-provisioning/runtime/logging'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { type Received, subscribe } from './consumer.ts'
import { type Messaging, openMessaging } from './messaging.ts'

const log = createLogger({ service: 'test', replica: 'test', level: 'fatal' })
let stores: Stores
beforeAll(async () => {
  stores = await startStores()
})
afterAll(() => stores.stop())

const open: Messaging[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((messaging) => messaging[Symbol.asyncDispose]()))
})

async function connect(service: 'identity-service' | 'scim-ingress' = 'identity-service'): Promise<Messaging> {
  const messaging = await openMessaging({
    brokers: stores.kafkaBrokers.split(','),
    service,
    replica: `r-${randomUUID()}`,
    log,
  })
  open.push(messaging)
  return messaging
}

const payload = z.strictObject({ n: z.int(), text: z.string().optional() })

function newTopic(name: string, more: Partial<Topic> = {}): Topic<typeof payload> {
  return {
    name: `${name}.${randomUUID()}`,
    description: 'made by a test',
    writer: 'scim-ingress',
    readers: ['identity-service'],
    key: 'a key',
    partitions: 4,
    cleanup: { kind: 'delete', retentionMs: 600_000 },
    maxMessageBytes: 4_000_000,
    schema: payload,
    examples: [],
    ...more,
  } as Topic<typeof payload>
}

const eventually = (check: () => void, timeout = 30_000) => vi.waitFor(check, { timeout, interval: 20 })
const n = (message: Received) => (message.value as { n: number }).n

describe('request and reply', () => {
  test('an answer reaches the asker, also one that is larger than a message', async () => {
    const [asking, answering] = await Promise.all([connect('scim-ingress'), connect()])
    const topic = newTopic('requests')
    const large = 'x'.repeat(3_000_000)
    await answering.consume({
      group: topic.name,
      topics: [
        subscribe({
          topic,
          order: 'key',
          handle: async (message) =>
            answering.reply(message, { outcome: 'admin', result: n(message) === 1 ? 'small' : large }),
        }),
      ],
    })
    const requester = await asking.openRequester()
    const ask = (value: number) =>
      requester.ask(topic, {
        key: 'k',
        value: { n: value },
        type: 'Ask',
        requestId: randomUUID(),
        deadlineAt: Date.now() + 20_000,
      })
    expect(await ask(1)).toEqual({ outcome: 'admin', result: 'small' })
    expect(await ask(2)).toEqual({ outcome: 'admin', result: large })
    expect(requester.waiting()).toBe(0)
  })

  test('nobody answers: the asker is told deadline-exceeded', async () => {
    const asking = await connect('scim-ingress')
    const topic = newTopic('requests')
    await asking.ensureTopics([topic])
    const requester = await asking.openRequester()
    const asked = requester.ask(topic, {
      key: 'k',
      value: { n: 1 },
      type: 'Ask',
      requestId: randomUUID(),
      deadlineAt: Date.now() + 300,
    })
    await expect(asked).rejects.toMatchObject({ code: 'deadline-exceeded' })
  })

  test('an answer to an asker that is gone stalls nobody', async () => {
    const messaging = await connect()
    const topic = newTopic('requests')
    const handled: number[] = []
    await messaging.consume({
      group: topic.name,
      topics: [
        subscribe({
          topic,
          order: 'key',
          async handle(message) {
            messaging.reply(message, { outcome: 'deleted' })
            handled.push(n(message))
          },
        }),
      ],
    })
    const headers = { 'reply-to': `replies.${randomUUID()}`, 'request-id': randomUUID() }
    for (let i = 0; i < 3; i++) await messaging.outbox.send(topic, { key: 'k', value: { n: i }, type: 'Ask', headers })
    await eventually(() => expect(handled).toEqual([0, 1, 2]))
  })
})

describe('consuming', () => {
  test('messages of one key stay in order over all topics of the group, and a slow key holds no other', async () => {
    const messaging = await connect()
    const topics = [newTopic('a'), newTopic('b')] as const
    const seen: string[] = []
    const slow = Promise.withResolvers<void>()
    await messaging.consume({
      group: topics[0].name,
      topics: topics.map((topic) =>
        subscribe({
          topic,
          order: 'key',
          async handle(message) {
            if (message.key === 'slow') await slow.promise
            seen.push(`${message.key} ${n(message)}`)
          },
        }),
      ),
    })
    for (let i = 0; i < 3; i++) await messaging.outbox.send(topics[0], { key: 'slow', value: { n: i }, type: 'T' })
    for (let i = 0; i < 20; i++) await messaging.outbox.send(topics[0], { key: `k${i}`, value: { n: i }, type: 'T' })
    await eventually(() => expect(seen).toHaveLength(20))
    slow.resolve()
    await eventually(() => expect(seen.slice(20)).toEqual(['slow 0', 'slow 1', 'slow 2']))
  })

  test('what was not done is done by the next owner, and what was done and committed is not repeated', async () => {
    const topic = newTopic('a', { partitions: 1 })
    const first = await connect()
    const firstSeen: number[] = []
    await first.consume({
      group: topic.name,
      topics: [
        subscribe({
          topic,
          order: 'key',
          async handle(message) {
            if (n(message) >= 5) await new Promise(() => {})
            firstSeen.push(n(message))
          },
        }),
      ],
    })
    for (let i = 0; i < 10; i++) await first.outbox.send(topic, { key: 'k', value: { n: i }, type: 'T' })
    await eventually(() => expect(firstSeen).toHaveLength(5))
    open.splice(open.indexOf(first), 1)
    await first[Symbol.asyncDispose]()
    const second = await connect()
    const secondSeen: number[] = []
    await second.consume({
      group: topic.name,
      topics: [subscribe({ topic, order: 'key', handle: async (message) => void secondSeen.push(n(message)) })],
    })
    await eventually(() => expect(secondSeen).toEqual([5, 6, 7, 8, 9]))
  })

  test('a poison message parks its key in order, others flow, and the key stays parked for the next owner', async () => {
    const topic = newTopic('a', { partitions: 1 })
    const run = async () => {
      const messaging = await connect()
      const seen: string[] = []
      await messaging.consume({
        group: 'g',
        topics: [
          subscribe({
            topic,
            order: 'key',
            async handle(message) {
              if (n(message) === 1) throw new Error('cannot')
              seen.push(`${message.key} ${n(message)}`)
            },
          }),
        ],
      })
      return { messaging, seen }
    }
    const { messaging, seen } = await run()
    for (let i = 0; i < 4; i++) await messaging.outbox.send(topic, { key: 'bad', value: { n: i }, type: 'T' })
    await messaging.outbox.send(topic, { key: 'good', value: { n: 7 }, type: 'T' })
    await eventually(() => expect(seen.toSorted()).toEqual(['bad 0', 'good 7']))
    await eventually(() => expect(messaging.health().parkedKeys).toBe(1))
    await eventually(() => expect(messaging.health().inWork).toBe(0))
    open.splice(open.indexOf(messaging), 1)
    await messaging[Symbol.asyncDispose]()
    const next = await run()
    await next.messaging.outbox.send(topic, { key: 'bad', value: { n: 5 }, type: 'T' })
    await next.messaging.outbox.send(topic, { key: 'good', value: { n: 8 }, type: 'T' })
    await eventually(() => expect(next.seen).toEqual(['good 8']))
  })

  test('a transient error is tried again until it is over, and parks nothing', async () => {
    const messaging = await connect()
    const topic = newTopic('a')
    let tries = 0
    await messaging.consume({
      group: topic.name,
      isTransient: () => true,
      topics: [
        subscribe({
          topic,
          order: 'key',
          async handle() {
            if (++tries < 6) throw new Error('away')
          },
        }),
      ],
    })
    await messaging.outbox.send(topic, { key: 'k', value: { n: 1 }, type: 'T' })
    await eventually(() => expect(tries).toBe(6))
    expect(messaging.health().parkedKeys).toBe(0)
  })

  test('a flood over 1,000 in work pauses its partition and loses nothing', async () => {
    const messaging = await connect()
    const topic = newTopic('a', { partitions: 1 })
    const gate = Promise.withResolvers<void>()
    let seen = 0
    const consumer = await messaging.consume({
      group: topic.name,
      topics: [
        subscribe({
          topic,
          order: 'key',
          async handle() {
            await gate.promise
            seen++
          },
        }),
      ],
    })
    const text = 'x'.repeat(2_000)
    for (let batch = 0; batch < 40; batch++) {
      await Promise.all(
        Array.from({ length: 500 }, (_, i) =>
          messaging.outbox.send(topic, { key: `k${i}`, value: { n: i, text }, type: 'T' }),
        ),
      )
    }
    await eventually(() => expect(consumer.inWork()).toBeGreaterThan(1_000))
    expect(consumer.inWork()).toBeLessThan(20_000)
    gate.resolve()
    await eventually(() => expect(seen).toBe(20_000), 60_000)
  })
})

describe('a group of replicas', () => {
  test('partition n of all topics belongs to one replica, none is dealt twice or to nobody, and those that stay keep theirs', async () => {
    const topics = [newTopic('a', { partitions: 12 }), newTopic('b', { partitions: 12 })] as const
    const join = async () => {
      const messaging = await connect()
      const consumer = await messaging.consume({
        group: topics[0].name,
        topics: topics.map((topic) => subscribe({ topic, order: 'key', handle: async () => {} })),
      })
      await consumer.joined()
      return { messaging, consumer }
    }
    const all = (members: { consumer: { partitions(): number[] } }[]) =>
      members.flatMap((member) => member.consumer.partitions()).toSorted((a, b) => a - b)
    const twelve = Array.from({ length: 12 }, (_, partition) => partition)
    const a = await join()
    await eventually(() => expect(all([a])).toEqual(twelve))
    const b = await join()
    await eventually(() => {
      expect(all([a, b])).toEqual(twelve)
      expect(a.consumer.partitions()).toHaveLength(6)
    })
    const kept = a.consumer.partitions()
    const c = await join()
    await eventually(() => {
      expect(all([a, b, c])).toEqual(twelve)
      expect(a.consumer.partitions()).toHaveLength(4)
    })
    expect(a.consumer.partitions().every((partition) => kept.includes(partition))).toBe(true)
    open.splice(open.indexOf(c.messaging), 1)
    await c.messaging[Symbol.asyncDispose]()
    await eventually(() => expect(all([a, b])).toEqual(twelve))
  })
})

describe('compacted state', () => {
  test('is ready with everything that was there, follows changes and removals', async () => {
    const topic = newTopic('state', { partitions: 1, cleanup: { kind: 'compact' } })
    const writer = await connect()
    await writer.ensureTopics([topic])
    for (let i = 0; i < 50; i++) await writer.outbox.send(topic, { key: `k${i}`, value: { n: i }, type: 'T' })
    const reader = await connect()
    const state = await reader.openState(topic)
    expect(state.size).toBe(50)
    expect(state.get('k7')).toEqual({ n: 7 })
    await writer.outbox.send(topic, { key: 'k7', value: { n: 700 }, type: 'T' })
    await eventually(() => expect(state.get('k7')).toEqual({ n: 700 }))
    await writer.outbox.send(topic, { key: 'k8', value: null, type: 'T' })
    await eventually(() => expect(state.get('k8')).toBeUndefined())
  })
})
