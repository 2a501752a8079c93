import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { subscribe } from './subscription.ts'
import { eventually, useKafka } from './test-kafka.ts'
import { firstOnes, n, newTopic } from './test-topics.ts'

const kafka = useKafka({ ownBroker: true })
const downMs = 5_000

describe('a broker that is killed and comes back', () => {
  test('loses nothing that was sent, keeps each key in order, and requests asked meanwhile are answered', async () => {
    const [asking, answering] = await Promise.all([kafka.connect('scim-ingress'), kafka.connect()])
    const [requests, facts, state] = [
      newTopic('requests'),
      newTopic('facts'),
      newTopic('state', { partitions: 1, cleanup: { kind: 'compact' } }),
    ]
    await asking.ensureTopics([requests, facts, state])
    const seen = new Map<string, number[]>()
    const consumer = await answering.consume({
      group: requests.name,
      topics: [
        subscribe({
          topic: requests,
          order: 'key',
          handle: async (message) => answering.reply(message, { outcome: 'admin', result: n(message) }),
        }),
        subscribe({
          topic: facts,
          order: 'key',
          async handle(message) {
            seen.set(message.key ?? '', [...(seen.get(message.key ?? '') ?? []), n(message)])
          },
        }),
      ],
    })
    await consumer.joined()
    const requester = await asking.openRequester()
    const current = await answering.openState(state)
    const ask = (value: number) =>
      requester.ask(requests, {
        key: randomUUID(),
        value: { n: value },
        type: 'Ask',
        requestId: randomUUID(),
        deadlineAt: Date.now() + 25_000,
      })
    expect(await ask(0)).toEqual({ outcome: 'admin', result: 0 })

    let sent = 0
    let isOver = false
    const accepted: Promise<void>[] = []
    const sending = (async () => {
      while (!isOver) {
        const value = sent++
        accepted.push(asking.outbox.send(facts, { key: `k${value % 10}`, value: { n: value }, type: 'T' }))
        await wait(5)
      }
    })()
    await eventually(() => expect(seen.size).toBe(10))
    await kafka.stores().kafka.kill('SIGKILL')
    const asked = Promise.all(Array.from({ length: 20 }, (_, value) => ask(value)))
    const written = asking.outbox.send(state, { key: 'k', value: { n: 7 }, type: 'T' })
    await wait(downMs)
    // Nobody knows who owns what: nothing new is begun.
    await eventually(() => expect(consumer.partitions()).toEqual([]))
    expect(asking.health().progressAt).toBeGreaterThan(Date.now() - 5_000)
    await kafka.stores().kafka.start()
    expect((await asked).map((reply) => 'result' in reply && reply.result)).toEqual(
      Array.from({ length: 20 }, (_, value) => value),
    )
    await written
    await eventually(() => expect(current.get('k')).toEqual({ n: 7 }))
    isOver = true
    await sending
    await Promise.all(accepted)
    await eventually(() => {
      for (let key = 0; key < 10; key++) {
        const values = firstOnes(seen.get(`k${key}`) ?? [])
        expect(values).toEqual(Array.from({ length: sent }, (_, i) => i).filter((value) => value % 10 === key))
      }
    })
    await eventually(async () => expect((await answering.lag()).every(({ lag }) => lag === 0)).toBe(true))
    await eventually(() => expect([asking, answering].every((messaging) => messaging.health().isJoined)).toBe(true))
  })

  test('a message that no broker takes by its time is refused then, and not sent later', async () => {
    const messaging = await kafka.connect()
    const topic = newTopic('a')
    const seen: number[] = []
    const consumer = await messaging.consume({
      group: topic.name,
      topics: [subscribe({ topic, order: 'key', handle: async (message) => void seen.push(n(message)) })],
    })
    await consumer.joined()
    await kafka.stores().kafka.kill('SIGKILL')
    const begun = Date.now()
    const giveUpAt = begun + 1_500
    await expect(
      messaging.outbox.send(topic, { key: 'k', value: { n: 1 }, type: 'T', giveUpAt }),
    ).rejects.toMatchObject({ name: 'NotSentError', isTransient: true })
    expect(Date.now() - begun).toBeGreaterThanOrEqual(1_495)
    expect(Date.now() - begun).toBeLessThan(6_000)
    await kafka.stores().kafka.start()
    await messaging.outbox.send(topic, { key: 'k', value: { n: 2 }, type: 'T' })
    await eventually(() => expect(seen).toEqual([2]))
  })
})
