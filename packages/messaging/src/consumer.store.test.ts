import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Topic } from '@user-provisioning/contracts/topic'
import { deadLetterTopic } from '@user-provisioning/contracts/topics'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ProcessReport } from './consumer.test-process.ts'
import type { Consumer } from './consumer.ts'
import type { Messaging } from './messaging.ts'
import type { Received } from './received.ts'
import { subscribe } from './subscription.ts'
import { eventually, useKafka } from './test-kafka.ts'
import { firstOnes, n, newTopic } from './test-topics.ts'

const kafka = useKafka()
const zeroTo = (count: number) => Array.from({ length: count }, (_, i) => i)

/** Lag zero: all was handled, and that is committed. */
const settled = (messaging: Messaging) =>
  eventually(async () => expect((await messaging.lag()).reduce((sum, { lag }) => sum + lag, 0)).toBe(0))

describe('consuming', () => {
  test('messages of one key stay in order over all topics of the group, and a slow key holds no other', async () => {
    const messaging = await kafka.connect()
    const topics = [newTopic('a'), newTopic('b')] as const
    const seen: string[] = []
    const slow = Promise.withResolvers<void>()
    const consumer = await messaging.consume({
      group: topics[0].name,
      topics: topics.map((topic) =>
        subscribe({
          topic,
          order: 'key',
          async handle(message) {
            if (message.key === 'slow' && n(message) === 0) await slow.promise
            seen.push(`${message.key} ${n(message)}`)
          },
        }),
      ),
    })
    await messaging.outbox.send(topics[0], { key: 'slow', value: { n: 0 }, type: 'T' })
    await eventually(() => expect(consumer.inWork()).toBe(1))
    await messaging.outbox.send(topics[1], { key: 'slow', value: { n: 1 }, type: 'T' })
    await messaging.outbox.send(topics[0], { key: 'slow', value: { n: 2 }, type: 'T' })
    for (let i = 0; i < 20; i++)
      await messaging.outbox.send(topics[i % 2] ?? topics[0], { key: `k${i}`, value: { n: i }, type: 'T' })
    await eventually(() => expect(seen).toHaveLength(20))
    slow.resolve()
    await eventually(() => expect(seen).toHaveLength(23))
    expect(seen[20]).toBe('slow 0')
    await settled(messaging)
  })

  test('without order messages are handled side by side, as many as allowed and no more', async () => {
    const messaging = await kafka.connect()
    const topic = newTopic('queries', { partitions: 1 })
    const gate = Promise.withResolvers<void>()
    let running = 0
    let most = 0
    const consumer = await messaging.consume({
      group: topic.name,
      topics: [
        subscribe({
          topic,
          order: 'none',
          concurrency: 5,
          async handle() {
            most = Math.max(most, ++running)
            await gate.promise
            running--
          },
        }),
      ],
    })
    await Promise.all(zeroTo(20).map((i) => messaging.outbox.send(topic, { key: 'same', value: { n: i }, type: 'T' })))
    await eventually(() => expect(consumer.inWork()).toBe(20))
    await eventually(() => expect(running).toBe(5))
    gate.resolve()
    await settled(messaging)
    expect(most).toBe(5)
  })

  test('what was not done is done by the next owner, and what was done and committed is not repeated', async () => {
    const topic = newTopic('a', { partitions: 1 })
    const first = await kafka.connect()
    const seen: number[] = []
    await first.consume({
      group: topic.name,
      isTransient: () => true,
      topics: [
        subscribe({
          topic,
          order: 'key',
          async handle(message) {
            if (n(message) >= 5) throw new Error('away')
            seen.push(n(message))
          },
        }),
      ],
    })
    await Promise.all(zeroTo(10).map((i) => first.outbox.send(topic, { key: 'k', value: { n: i }, type: 'T' })))
    await eventually(() => expect(seen).toEqual(zeroTo(5)))
    await kafka.close(first)
    const second = await kafka.connect()
    const secondSeen: number[] = []
    await second.consume({
      group: topic.name,
      topics: [subscribe({ topic, order: 'key', handle: async (message) => void secondSeen.push(n(message)) })],
    })
    await eventually(() => expect(secondSeen).toEqual([5, 6, 7, 8, 9]))
    await settled(second)
  })

  test('a killed process loses nothing: the next one goes on, and repeats no more than was not committed', async () => {
    const topic = newTopic('a')
    const messaging = await kafka.connect()
    await messaging.ensureTopics([topic])
    const send = (from: number, to: number) =>
      Promise.all(
        zeroTo(to)
          .slice(from)
          .map((i) => messaging.outbox.send(topic, { key: `k${i % 4}`, value: { n: i }, type: 'T' })),
      )
    await send(0, 400)
    const brokers = kafka.stores().kafkaBrokers
    const args = [brokers, topic.name, topic.name, `r-${randomUUID()}`]
    const child = fork(join(import.meta.dirname, 'consumer.test-process.ts'), args)
    const handled: number[] = []
    child.on('message', (report) => handled.push((report as ProcessReport).handled))
    await eventually(() => expect(handled.length).toBeGreaterThan(200))
    child.kill('SIGKILL')
    await send(400, 500)
    const before = [...handled]
    const after: number[] = []
    await messaging.consume({
      group: topic.name,
      topics: [subscribe({ topic, order: 'key', handle: async (message) => void after.push(n(message)) })],
    })
    await eventually(() => expect(new Set([...before, ...after]).size).toBe(500))
    await settled(messaging)
    for (const key of zeroTo(4)) {
      const ofKey = firstOnes([...before, ...after]).filter((value) => value % 4 === key)
      expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b))
    }
    // 250 ms of work, four keys of 5 ms each, and what the machine makes of it: never all of it.
    expect(after.filter((value) => before.includes(value)).length).toBeLessThan(before.length)
  })

  test('a killed process that is started again goes on at once, and not when its former session ends', async () => {
    const topic = newTopic('a')
    const messaging = await kafka.connect()
    await messaging.ensureTopics([topic])
    const handled: number[] = []
    const start = () => {
      const args = [kafka.stores().kafkaBrokers, topic.name, topic.name, 'r-1']
      const child = fork(join(import.meta.dirname, 'consumer.test-process.ts'), args)
      child.on('message', (report) => handled.push((report as ProcessReport).handled))
      onTestFinished(() => void child.kill('SIGKILL'))
      return child
    }
    const first = start()
    await messaging.outbox.send(topic, { key: 'k', value: { n: 0 }, type: 'T' })
    await eventually(() => expect(handled).toEqual([0]))
    first.kill('SIGKILL')
    const killedAt = performance.now()
    await messaging.outbox.send(topic, { key: 'k', value: { n: 1 }, type: 'T' })
    start()
    await eventually(() => expect(handled).toContain(1))
    // The session lasts 6 s from the last heartbeat, half a second before the kill at most.
    expect(performance.now() - killedAt).toBeLessThan(5_500)
  })

  test('a transient error is tried again until it is over, and parks nothing', async () => {
    const messaging = await kafka.connect()
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

  test('over 1,000 in work a partition is paused, another goes on, and nothing is lost', async () => {
    const messaging = await kafka.connect()
    const topic = newTopic('a', { partitions: 2 })
    const gate = Promise.withResolvers<void>()
    const seen = new Map<number, number>()
    const consumer = await messaging.consume({
      group: topic.name,
      topics: [
        subscribe({
          topic,
          order: 'key',
          concurrency: 5_000,
          async handle({ partition }) {
            if (partition === 0) await gate.promise
            seen.set(partition, (seen.get(partition) ?? 0) + 1)
          },
        }),
      ],
    })
    const send = (partition: number, count: number) =>
      Promise.all(
        zeroTo(count).map((i) =>
          messaging.outbox.send(topic, {
            key: `k${partition}.${i}`,
            partition,
            value: { n: i, text: 'x'.repeat(2_000) },
            type: 'T',
          }),
        ),
      )
    await send(0, 10_000)
    await eventually(() => expect(consumer.inWork()).toBeGreaterThan(1_000))
    await send(1, 500)
    await eventually(() => expect(seen.get(1)).toBe(500))
    // One fetch of a partition is 1 MB.
    expect(consumer.inWork()).toBeLessThan(2_000)
    gate.resolve()
    await eventually(() => expect(seen.get(0)).toBe(10_000), 60_000)
    await settled(messaging)
  })

  test('lag counts what nobody has done, in partitions too where nothing was ever committed', async () => {
    const messaging = await kafka.connect()
    const topic = newTopic('a')
    const gate = Promise.withResolvers<void>()
    await messaging.consume({
      group: topic.name,
      topics: [subscribe({ topic, order: 'key', handle: () => gate.promise })],
    })
    for (const i of zeroTo(8)) {
      await messaging.outbox.send(topic, { key: null, partition: i % 2, value: { n: i }, type: 'T' })
    }
    expect((await messaging.lag()).map(({ partition, lag }) => [partition, lag])).toEqual([
      [0, 4],
      [1, 4],
      [2, 0],
      [3, 0],
    ])
    gate.resolve()
    await settled(messaging)
  })

  test('what a message was sent in goes on with what its handler sends: one trace', async () => {
    const messaging = await kafka.connect()
    const [first, second] = [newTopic('a'), newTopic('b')]
    const traces: (string | undefined)[] = []
    await messaging.consume({
      group: first.name,
      topics: [
        subscribe({
          topic: first,
          order: 'key',
          handle: () => messaging.outbox.send(second, { key: 'k', value: { n: 2 }, type: 'T' }),
        }),
        subscribe({
          topic: second,
          order: 'key',
          handle: async ({ headers }) => void traces.push(headers.traceparent),
        }),
      ],
    })
    const traceparent = `00-${randomUUID().replaceAll('-', '')}-00f067aa0ba902b7-01`
    await messaging.outbox.send(first, { key: 'k', value: { n: 1 }, type: 'T', headers: { traceparent } })
    await eventually(() => expect(traces).toEqual([traceparent]))
  })
})

describe('a message that cannot be processed', () => {
  const run = async (topics: readonly Topic[], requests?: ReturnType<typeof newTopic>) => {
    const messaging = await kafka.connect()
    const seen: string[] = []
    const handle = async (message: Received) => {
      if (n(message) === 1) throw new Error('cannot')
      seen.push(`${message.key} ${n(message)}`)
    }
    const refused: unknown[] = []
    const onPoison = async (message: Received) => void refused.push(message.value)
    const consumer = await messaging.consume({
      group: 'g',
      topics: [
        ...topics.map((topic) => subscribe({ topic, order: 'key', handle })),
        ...(requests ? [subscribe({ topic: requests, order: 'key', handle, onPoison })] : []),
      ],
    })
    await consumer.joined()
    return { messaging, seen, refused }
  }
  /** What is in a dead-letter topic, of one key. */
  const deadLetters = async (messaging: Messaging, source: Topic, key: string) => {
    const found: { n: number; error: string | null }[] = []
    const reader = await messaging.consume({
      group: randomUUID(),
      topics: [
        subscribe({
          topic: deadLetterTopic(source, 'g', 'identity-service'),
          order: 'key',
          onPoison: 'drop',
          async handle({ value }) {
            if (value.key === key) found.push({ n: (JSON.parse(value.value) as { n: number }).n, error: value.error })
          },
        }),
      ],
    })
    await reader.joined()
    await settled(messaging)
    return found
  }

  test('parks its key in order while others flow, and the key stays parked for the next owner', async () => {
    const topic = newTopic('a')
    const { messaging, seen } = await run([topic])
    for (let i = 0; i < 4; i++) await messaging.outbox.send(topic, { key: 'bad', value: { n: i }, type: 'T' })
    await messaging.outbox.send(topic, { key: 'good', value: { n: 7 }, type: 'T' })
    await eventually(() => expect(seen.toSorted()).toEqual(['bad 0', 'good 7']))
    await settled(messaging)
    expect(messaging.health().parkedKeys).toBe(1)
    await kafka.close(messaging)
    const next = await run([topic])
    await next.messaging.outbox.send(topic, { key: 'bad', value: { n: 5 }, type: 'T' })
    await next.messaging.outbox.send(topic, { key: 'good', value: { n: 8 }, type: 'T' })
    await eventually(() => expect(next.seen).toEqual(['good 8']))
    await settled(next.messaging)
    expect(await deadLetters(next.messaging, topic, 'bad')).toEqual([
      { n: 1, error: 'Error: cannot' },
      { n: 2, error: null },
      { n: 3, error: null },
      { n: 5, error: null },
    ])
  })

  test('parks its key in the other topics of the group too, but requests are answered and never parked', async () => {
    const [facts, proposals, requests] = [newTopic('a'), newTopic('b'), newTopic('c')]
    const { messaging, seen, refused } = await run([facts, proposals], requests)
    await messaging.outbox.send(facts, { key: 'bad', value: { n: 1 }, type: 'T' })
    await eventually(() => expect(messaging.health().parkedKeys).toBe(1))
    await messaging.outbox.send(proposals, { key: 'bad', value: { n: 2 }, type: 'T' })
    await messaging.outbox.send(requests, { key: 'bad', value: { n: 3 }, type: 'T' })
    await messaging.outbox.send(requests, { key: 'bad', value: { n: 1 }, type: 'T' })
    await messaging.outbox.send(requests, { key: 'bad', value: { n: 4 }, type: 'T' })
    await eventually(() => expect(seen).toEqual(['bad 3', 'bad 4']))
    expect(refused).toEqual([{ n: 1 }])
    await settled(messaging)
    expect(await deadLetters(messaging, proposals, 'bad')).toEqual([{ n: 2, error: null }])
  })

  test('a value that is no JSON, or of another shape, is parked without a try; a request of that kind is told of', async () => {
    const [facts, requests] = [newTopic('a'), newTopic('c')]
    const { messaging, seen, refused } = await run([facts], requests)
    await messaging.outbox.send(facts, { key: 'x', value: Buffer.from('{"n":'), type: 'T' })
    await messaging.outbox.send(facts, { key: 'y', value: { n: 1.5 }, type: 'T' })
    await messaging.outbox.send(requests, { key: 'z', value: { m: 1 }, type: 'T' })
    await messaging.outbox.send(facts, { key: 'good', value: { n: 2 }, type: 'T' })
    await eventually(() => expect(seen).toEqual(['good 2']))
    await settled(messaging)
    expect(messaging.health().parkedKeys).toBe(2)
    expect(refused).toEqual([undefined])
  })
})

describe('a group of replicas', () => {
  interface Member {
    readonly messaging: Messaging
    readonly consumer: Consumer
  }
  const all = (members: readonly Member[]) =>
    members.flatMap(({ consumer }) => consumer.partitions()).toSorted((a, b) => a - b)

  test('through joins and leaves partition n of all topics is with one replica, none is dealt twice or to nobody, and who stays keeps', async () => {
    const topics = [
      newTopic('a', { partitions: 12 }),
      newTopic('b', { partitions: 12 }),
      newTopic('c', { partitions: 8 }),
    ]
    const readBy = new Map<string, Set<string>>()
    const join = async (name: string): Promise<Member> => {
      const messaging = await kafka.connect()
      const consumer = await messaging.consume({
        group: topics[0]?.name ?? '',
        topics: topics.map((topic) =>
          subscribe({
            topic,
            order: 'key',
            async handle({ partition, value }) {
              const round = `${value.n} ${partition}`
              readBy.set(round, (readBy.get(round) ?? new Set()).add(name))
            },
          }),
        ),
      })
      await consumer.joined()
      return { messaging, consumer }
    }
    let round = 0
    /** Waits until the deal is even, then sends one message to each partition of each topic. */
    const dealt = async (members: readonly Member[]) => {
      await eventually(() => {
        expect(all(members)).toEqual(zeroTo(12))
        for (const { consumer } of members) expect(consumer.partitions()).toHaveLength(12 / members.length)
      })
      round++
      const [first] = members
      await Promise.all(
        topics.flatMap((topic) =>
          zeroTo(topic.partitions).map((partition) =>
            first?.messaging.outbox.send(topic, { key: null, partition, value: { n: round }, type: 'T' }),
          ),
        ),
      )
      if (first) await settled(first.messaging)
      for (const partition of zeroTo(12)) expect(readBy.get(`${round} ${partition}`)?.size).toBe(1)
    }
    const a = await join('a')
    await dealt([a])
    const b = await join('b')
    await dealt([a, b])
    const heldByA = a.consumer.partitions()
    const heldByB = b.consumer.partitions()
    const c = await join('c')
    await dealt([a, b, c])
    expect(a.consumer.partitions().every((partition) => heldByA.includes(partition))).toBe(true)
    expect(b.consumer.partitions().every((partition) => heldByB.includes(partition))).toBe(true)
    const [keptByA, keptByB] = [a.consumer.partitions(), b.consumer.partitions()]
    await kafka.close(c.messaging)
    await dealt([a, b])
    expect(keptByA.every((partition) => a.consumer.partitions().includes(partition))).toBe(true)
    expect(keptByB.every((partition) => b.consumer.partitions().includes(partition))).toBe(true)
  })

  test('messages of a gained partition wait until it is prepared, however often that fails', async () => {
    const topic = newTopic('a')
    const events: string[] = []
    const gate = Promise.withResolvers<void>()
    let tries = 0
    const messaging = await kafka.connect()
    await messaging.ensureTopics([topic])
    await messaging.outbox.send(topic, { key: 'k', value: { n: 1 }, type: 'T' })
    const consumer = await messaging.consume({
      group: topic.name,
      topics: [subscribe({ topic, order: 'key', handle: async () => void events.push('handled') })],
      async onGained(partitions) {
        if (++tries < 3) throw new Error('away')
        events.push(`gained ${partitions.join()}`)
        await gate.promise
        events.push('prepared')
      },
    })
    await eventually(() => expect(consumer.inWork()).toBe(1))
    await eventually(() => expect(events).toEqual(['gained 0,1,2,3']))
    gate.resolve()
    await eventually(() => expect(events).toEqual(['gained 0,1,2,3', 'prepared', 'handled']))
  })

  test('who stays goes on with what is in its queues when another joins or leaves, and repeats none of it', async () => {
    const topic = newTopic('a', { partitions: 2 })
    const seen: number[] = []
    const lost: number[] = []
    const slow = Promise.withResolvers<void>()
    const member = async (onLost?: (partitions: readonly number[]) => void) => {
      const messaging = await kafka.connect()
      const consumer = await messaging.consume({
        group: topic.name,
        topics: [
          subscribe({
            topic,
            order: 'key',
            async handle(message) {
              seen.push(n(message))
              if (n(message) < 2) await slow.promise
            },
          }),
        ],
        ...(onLost ? { onLost } : {}),
      })
      await consumer.joined()
      return { messaging, consumer }
    }
    const a = await member((partitions) => lost.push(...partitions))
    let isOver = false
    let sent = 0
    const sending = (async () => {
      for (; !isOver; sent++) {
        await a.messaging.outbox.send(topic, { key: `k${sent}`, partition: sent % 2, value: { n: sent }, type: 'T' })
      }
    })()
    await eventually(() => expect(seen.length).toBeGreaterThan(50))
    const b = await member()
    await eventually(() => expect(all([a, b])).toEqual([0, 1]))
    expect(lost).toHaveLength(1)
    const sentThen = sent
    await eventually(() => expect(seen.filter((value) => value > sentThen).length).toBeGreaterThan(50))
    slow.resolve()
    await kafka.close(b.messaging)
    await eventually(() => expect(a.consumer.partitions()).toEqual([0, 1]))
    isOver = true
    await sending
    await settled(a.messaging)
    const kept = seen.filter((value) => value % 2 !== lost[0]).toSorted((x, y) => x - y)
    expect(kept).toEqual(zeroTo(sent).filter((value) => value % 2 !== lost[0]))
    expect(new Set(seen)).toEqual(new Set(zeroTo(sent)))
  })

  test('a partition that was paused when it was lost is read when it comes back', async () => {
    const topic = newTopic('a', { partitions: 2 })
    const gate = Promise.withResolvers<void>()
    const seen = new Set<string>()
    const join = async () => {
      const messaging = await kafka.connect()
      const consumer = await messaging.consume({
        group: topic.name,
        topics: [
          subscribe({
            topic,
            order: 'key',
            async handle(message) {
              await gate.promise
              seen.add(`${message.partition} ${n(message)}`)
            },
          }),
        ],
      })
      await consumer.joined()
      return { messaging, consumer }
    }
    const a = await join()
    await Promise.all(
      zeroTo(4_000).map((i) =>
        a.messaging.outbox.send(topic, {
          key: `k${i}`,
          partition: i % 2,
          value: { n: i, text: 'x'.repeat(500) },
          type: 'T',
        }),
      ),
    )
    await eventually(() => expect(a.consumer.inWork()).toBeGreaterThan(2_000))
    const b = await join()
    await eventually(() => expect(all([a, b])).toEqual([0, 1]))
    // What b has begun hangs; it gives up as a killed process would.
    const closing = kafka.close(b.messaging)
    await eventually(() => expect(a.consumer.partitions()).toEqual([0, 1]), 20_000)
    gate.resolve()
    await closing
    await eventually(() => expect(seen.size).toBe(4_000), 40_000)
  })
})
