import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { percentile } from '@user-provisioning/idp-simulator/latencies'
import kafkajs from 'kafkajs'
import mongoose from 'mongoose'
import { Pool } from 'undici'

interface Measured {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** What this machine can do at most, by name, with 1 and 64 in flight. */
export type Yardstick = Record<
  'http echo' | 'mongodb transaction' | 'kafka round trip',
  { one: Measured; many: Measured }
>

/**
 * The bare cost of the parts, in this run, on these stores: an HTTP echo of Node; one MongoDB transaction of a 1 kB user with
 * the indexes, its name claim and its journal record, majority and journaled; one Kafka round trip of 1 kB, acks=all.
 */
export async function measureYardstick(
  stores: { mongodbUri: string; kafkaBrokers: string },
  seconds: number,
): Promise<Yardstick> {
  return {
    'http echo': await httpEcho(seconds),
    'mongodb transaction': await mongodbTransaction(stores.mongodbUri, seconds),
    'kafka round trip': await kafkaRoundTrip(stores.kafkaBrokers.split(','), seconds),
  }
}

/** Keeps `inFlight` pieces of work going for `seconds`. */
async function measure(inFlight: number, seconds: number, work: () => Promise<unknown>): Promise<Measured> {
  const times: number[] = []
  const startedAt = performance.now()
  const endAt = startedAt + seconds * 1_000
  const lane = async () => {
    for (let began = performance.now(); began < endAt; began = performance.now()) {
      await work()
      times.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  const sorted = times.toSorted((a, b) => a - b)
  return {
    perSecond: times.length / ((performance.now() - startedAt) / 1_000),
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
  }
}

async function oneAndMany(seconds: number, work: () => Promise<unknown>): Promise<{ one: Measured; many: Measured }> {
  await measure(16, Math.min(seconds, 2), work)
  return { one: await measure(1, seconds, work), many: await measure(64, seconds, work) }
}

async function httpEcho(seconds: number) {
  const server = createServer((request, response) => request.pipe(response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections: 64 })
  const body = 'x'.repeat(1_000)
  const result = await oneAndMany(seconds, async () => {
    const response = await pool.request({ method: 'POST', path: '/', body })
    await response.body.text()
  })
  await pool.close()
  server.close()
  return result
}

async function mongodbTransaction(uri: string, seconds: number) {
  const connection = await mongoose
    .createConnection(uri, { writeConcern: { w: 'majority', journal: true } })
    .asPromise()
  const client = connection.getClient()
  const db = client.db(`yardstick-${randomUUID().slice(0, 8)}`)
  const users = db.collection<{ _id: string }>('users')
  const names = db.collection<{ _id: string }>('userNames')
  const journal = db.collection<{ _id: string }>('journal')
  for (const path of [
    'search.userName',
    'search.externalId',
    'search.displayName',
    'search.emails.value',
    'scimSyncId',
  ]) {
    await users.createIndex({ instanceId: 1, [path]: 1 })
  }
  await names.createIndex({ instanceId: 1, userId: 1 })
  await journal.createIndex({ partition: 1 }, { partialFilterExpression: { facts: { $exists: true } } })
  const result = await oneAndMany(seconds, async () => {
    const id = randomUUID()
    const name = `${randomBytes(8).toString('hex')}@example.com`
    const scim = { userName: name, emails: [{ value: name, type: 'work' }], title: 'Engineer', pad: 'x'.repeat(500) }
    const search = { userName: name, externalId: name, displayName: name, emails: [{ value: name }] }
    const user = {
      _id: id,
      instanceId: 'i1',
      scimSyncId: id,
      version: 1,
      scimVersion: 1,
      state: 'active',
      scim,
      search,
    }
    const record = {
      _id: randomUUID(),
      partition: 3,
      facts: [{ pad: 'y'.repeat(600) }],
      reply: { pad: 'z'.repeat(600) },
    }
    await client.withSession((session) =>
      session.withTransaction(async () => {
        await users.insertOne(user, { session })
        await names.insertOne({ _id: name, instanceId: 'i1', userId: id } as { _id: string }, { session })
        await journal.insertOne(record, { session })
      }),
    )
  })
  await db.dropDatabase()
  await connection.close()
  return result
}

async function kafkaRoundTrip(brokers: string[], seconds: number) {
  const kafka = new kafkajs.Kafka({ clientId: 'yardstick', brokers, logLevel: kafkajs.logLevel.NOTHING })
  const run = randomUUID().slice(0, 8)
  const there = `yardstick.there.${run}`
  const back = `yardstick.back.${run}`
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({
    topics: [there, back].map((topic) => ({ topic, numPartitions: 4 })),
    waitForLeaders: true,
  })
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  let waiting: { topic: string; key: string }[] = []
  const value = Buffer.alloc(1_000, 'x')
  function flush(): void {
    const byTopic = Map.groupBy(waiting, (message) => message.topic)
    waiting = []
    const topicMessages = [...byTopic].map(([topic, messages]) => ({
      topic,
      messages: messages.map(({ key }) => ({ key, value })),
    }))
    producer.sendBatch({ topicMessages, acks: -1 }).catch(() => {})
  }
  const send = (topic: string, key: string) => {
    if (waiting.push({ topic, key }) === 1) setImmediate(flush)
  }
  const pending = new Map<string, () => void>()
  const reader = async (topic: string, onKey: (key: string) => void) => {
    const consumer = kafka.consumer({
      groupId: `${topic}.reader`,
      minBytes: 1,
      maxWaitTimeInMs: 500,
      heartbeatInterval: 500,
    })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { key } of batch.messages) onKey(String(key))
      },
    })
    return consumer
  }
  const consumers = [
    await reader(there, (key) => send(back, key)),
    await reader(back, (key) => {
      pending.get(key)?.()
      pending.delete(key)
    }),
  ]
  const result = await oneAndMany(seconds, () => {
    const key = randomUUID()
    const { promise, resolve } = Promise.withResolvers<void>()
    pending.set(key, resolve)
    send(there, key)
    return promise
  })
  await Promise.all([...consumers.map((consumer) => consumer.disconnect()), producer.disconnect()])
  await admin.deleteTopics({ topics: [there, back] })
  await admin.disconnect()
  return result
}
