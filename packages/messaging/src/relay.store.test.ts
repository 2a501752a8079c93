import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import type { Messaging } from './messaging.ts'
import { type AnnouncedRecord, openRelay, type Relay, type UnannouncedJournal } from './relay.ts'
import { subscribe } from './subscription.ts'
import { eventually, useKafka } from './test-kafka.ts'
import { log, n, newTopic } from './test-topics.ts'

const kafka = useKafka()
const relays: Relay[] = []
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay[Symbol.asyncDispose]()))
})

/** A journal in memory, as a database would keep it over a crash. */
function newJournal() {
  const records = new Map<string, AnnouncedRecord & { isAnnounced: boolean; partition: number }>()
  let failures = 0
  return {
    commit(partition: number, record: AnnouncedRecord) {
      records.set(record._id, { ...record, partition, isAnnounced: false })
      return record
    },
    failNext(count: number) {
      failures = count
    },
    depth: () => [...records.values()].filter(({ isAnnounced }) => !isAnnounced).length,
    async unannounced(partitions: readonly number[], limit: number) {
      await new Promise((done) => setImmediate(done))
      return [...records.values()]
        .filter(({ isAnnounced, partition }) => !isAnnounced && partitions.includes(partition))
        .slice(0, limit)
    },
    async markAnnounced(ids: readonly string[]) {
      await new Promise((done) => setImmediate(done))
      if (failures-- > 0) throw new Error('the journal is away')
      for (const id of ids) {
        const record = records.get(id)
        if (record) record.isAnnounced = true
      }
    },
  }
}

async function setUp(owned: readonly number[] = [0], sweepMs = 60_000) {
  const messaging = await kafka.connect()
  const topic = newTopic('facts')
  const seen: number[] = []
  const consumer = await messaging.consume({
    group: topic.name,
    topics: [subscribe({ topic, order: 'key', handle: async (message) => void seen.push(n(message)) })],
  })
  await consumer.joined()
  const journal = newJournal()
  const open = (from: Messaging, read: UnannouncedJournal = journal) => {
    const relay = openRelay({
      journal: read,
      outbox: from.outbox,
      topicOf: () => topic,
      ownedPartitions: () => owned,
      log,
      sweepMs,
    })
    relays.push(relay)
    return relay
  }
  const record = (value: number, key = 'k'): AnnouncedRecord => ({
    _id: randomUUID(),
    facts: [{ topic: topic.name, key, type: 'Fact', id: `${value}/0`, value: { n: value } }],
  })
  return { messaging, seen, journal, open, record }
}

describe('announcing', () => {
  test('each committed record is announced once, in order per entity, and marked', async () => {
    const { messaging, seen, journal, open, record } = await setUp()
    const relay = open(messaging)
    for (let i = 0; i < 200; i++) relay.announce([journal.commit(0, record(i))])
    await eventually(() => expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => i)))
    await eventually(() => expect(journal.depth()).toBe(0))
    expect(relay.underway()).toBe(0)
  })

  test('what a crash left unannounced is announced by the next owner, in the order of commits', async () => {
    const { messaging, seen, journal, open, record } = await setUp()
    for (let i = 0; i < 1_200; i++) journal.commit(0, record(i))
    journal.commit(1, record(9_999))
    await open(messaging).takeOver([0])
    await eventually(() => expect(seen).toEqual(Array.from({ length: 1_200 }, (_, i) => i)))
    expect(journal.depth()).toBe(1)
  })

  test('looking at the journal while records are announced announces none twice', async () => {
    const { messaging, seen, journal, open, record } = await setUp()
    const relay = open(messaging)
    const looking: Promise<void>[] = []
    for (let i = 0; i < 300; i++) {
      relay.announce([journal.commit(0, record(i))])
      if (i % 10 === 0) looking.push(relay.takeOver([0]))
      await new Promise((done) => setImmediate(done))
    }
    await Promise.all(looking)
    await eventually(() => expect(journal.depth()).toBe(0))
    await eventually(() => expect(seen.length).toBeGreaterThanOrEqual(300))
    expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i))
  })

  test('a record that is announced and marked while the journal is read is not announced from what was read', async () => {
    const { messaging, seen, journal, open, record } = await setUp()
    const read = Promise.withResolvers<void>()
    const slow = {
      ...journal,
      unannounced: (partitions: readonly number[], limit: number) =>
        journal.unannounced(partitions, limit).then(async (records) => {
          await read.promise
          return records
        }),
    }
    const relay = open(messaging, slow)
    const committed = journal.commit(0, record(1))
    const looking = relay.takeOver([0])
    await new Promise((done) => setImmediate(() => setImmediate(done)))
    relay.announce([committed])
    await eventually(() => expect(relay.underway()).toBe(0))
    read.resolve()
    await looking
    relay.announce([journal.commit(0, record(2))])
    await eventually(() => expect(seen).toContain(2))
    expect(seen).toEqual([1, 2])
  })

  test('a look every so often finds what nobody told the relay of', async () => {
    const { messaging, seen, journal, open, record } = await setUp([0], 50)
    journal.commit(0, record(1))
    open(messaging)
    await eventually(() => expect(seen).toEqual([1]))
    await eventually(() => expect(journal.depth()).toBe(0))
  })

  test('a journal that is away when records are to be marked: they are marked later and not announced again', async () => {
    const { messaging, seen, journal, open, record } = await setUp([0], 50)
    const relay = open(messaging)
    journal.failNext(3)
    relay.announce([journal.commit(0, record(1)), journal.commit(0, record(2))])
    await eventually(() => expect(journal.depth()).toBe(0))
    expect(seen).toEqual([1, 2])
    expect(relay.underway()).toBe(0)
  })
})
