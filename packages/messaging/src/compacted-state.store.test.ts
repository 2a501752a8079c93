import { describe, expect, test } from 'vitest'
import { eventually, useKafka } from './test-kafka.ts'
import { newTopic } from './test-topics.ts'

const kafka = useKafka()
const newState = () => newTopic('state', { partitions: 1, cleanup: { kind: 'compact' } })

describe('compacted state', () => {
  test('is ready only with everything that was there, then follows changes and removals', async () => {
    const topic = newState()
    const writer = await kafka.connect()
    await writer.ensureTopics([topic])
    await Promise.all(
      Array.from({ length: 3_000 }, (_, i) =>
        writer.outbox.send(topic, { key: `k${i % 500}`, value: { n: i, text: 'x'.repeat(1_000) }, type: 'T' }),
      ),
    )
    const reader = await kafka.connect()
    const state = await reader.openState(topic)
    expect(state.size).toBe(500)
    expect(state.get('k7')?.n).toBe(2_507)
    await writer.outbox.send(topic, { key: 'k7', value: { n: 700 }, type: 'T' })
    await eventually(() => expect(state.get('k7')).toEqual({ n: 700 }))
    await writer.outbox.send(topic, { key: 'k8', value: null, type: 'T' })
    await eventually(() => expect(state.get('k8')).toBeUndefined())
  })

  test('an empty topic is ready at once; one that does not exist yet is waited for', async () => {
    const [empty, later] = [newState(), newState()]
    const writer = await kafka.connect()
    await writer.ensureTopics([empty])
    const reader = await kafka.connect()
    expect((await reader.openState(empty)).size).toBe(0)
    const opening = reader.openState(later)
    await writer.ensureTopics([later])
    await writer.outbox.send(later, { key: 'k', value: { n: 1 }, type: 'T' })
    const state = await opening
    await eventually(() => expect(state.get('k')).toEqual({ n: 1 }))
  })

  test('another topic opened later does not take the first one back to what it was', async () => {
    const [first, second] = [newState(), newState()]
    const messaging = await kafka.connect()
    await messaging.ensureTopics([first, second])
    for (let i = 0; i < 20; i++) await messaging.outbox.send(first, { key: 'k', value: { n: i }, type: 'T' })
    await messaging.outbox.send(second, { key: 'k', value: { n: 1 }, type: 'T' })
    const state = await messaging.openState(first)
    const seen: (number | undefined)[] = []
    state.onChange((_, value) => seen.push(value?.n))
    expect((await messaging.openState(second)).get('k')).toEqual({ n: 1 })
    await messaging.outbox.send(first, { key: 'k', value: { n: 20 }, type: 'T' })
    await eventually(() => expect(state.get('k')).toEqual({ n: 20 }))
    expect(seen).toEqual([20])
  })

  test('a record that cannot be read removes what it replaces, and the next ones are read', async () => {
    const topic = newState()
    const messaging = await kafka.connect()
    await messaging.ensureTopics([topic])
    await messaging.outbox.send(topic, { key: 'k', value: { n: 1 }, type: 'T' })
    const state = await messaging.openState(topic)
    expect(state.get('k')).toEqual({ n: 1 })
    await messaging.outbox.send(topic, { key: 'k', value: Buffer.from('{"n":'), type: 'T' })
    await messaging.outbox.send(topic, { key: 'other', value: { n: 2 }, type: 'T' })
    await eventually(() => expect(state.get('other')).toEqual({ n: 2 }))
    expect(state.get('k')).toBeUndefined()
  })
})
