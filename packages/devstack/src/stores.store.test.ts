import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mongoose from 'mongoose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answersAsBroker } from './broker-probe.ts'
import { answersAsMongodb } from './mongodb-probe.ts'
import { isAlive } from './process-identity.ts'
import { startStores } from './stores.ts'
import { waitUntil } from './wait-until.ts'

let dataDir: string
const env = { HOME: process.env.HOME }

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'stores-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

async function documents(uri: string): Promise<number> {
  const connection = await mongoose.createConnection(uri).asPromise()
  try {
    return await connection.useDb('kept').collection('notes').countDocuments()
  } finally {
    await connection.close()
  }
}

test('the stores keep their data and addresses from start to start, and survive being killed', async () => {
  const first = await startStores({ dataDir, env })
  const addresses = [first.mongodbUri, first.kafkaBrokers]
  const connection = await mongoose.createConnection(first.mongodbUri).asPromise()
  await connection
    .useDb('kept')
    .collection('notes')
    .insertOne({}, { writeConcern: { w: 'majority', j: true } })
  await connection.close()
  await first.mongo.kill()
  expect(await answersAsMongodb(first.mongodbUri)).toBe(false)
  await first.mongo.start()
  expect(await documents(first.mongodbUri)).toBe(1)
  await first.kafka.kill()
  expect(await answersAsBroker(first.kafkaBrokers)).toBe(false)
  await first.kafka.start()
  expect(await answersAsBroker(first.kafkaBrokers)).toBe(true)
  const pids = [first.mongo.pid ?? 0, first.kafka.pid ?? 0]
  await first.stop()
  expect(pids.filter(isAlive)).toEqual([])

  await using second = await startStores({ dataDir, env })
  expect([second.mongodbUri, second.kafkaBrokers]).toEqual(addresses)
  expect(await documents(second.mongodbUri)).toBe(1)
})

test('data is still there when another port has to be taken, and fresh throws it away', async () => {
  await rm(join(dataDir, 'ports.json'))
  const moved = await startStores({ dataDir, env })
  expect(await documents(moved.mongodbUri)).toBe(1)
  expect(await answersAsBroker(moved.kafkaBrokers)).toBe(true)
  await moved.stop()
  await using fresh = await startStores({ dataDir, env, fresh: true })
  expect(await documents(fresh.mongodbUri)).toBe(0)
})

test('addresses that are given are taken as they are and left alone at the stop', async () => {
  await using own = await startStores({ env })
  const given = await startStores({ env: { MONGODB_URI: own.mongodbUri, KAFKA_BROKERS: own.kafkaBrokers } })
  expect(given.kind).toEqual({ mongodb: 'given', kafka: 'given' })
  await given.stop()
  expect(await waitUntil(() => answersAsMongodb(own.mongodbUri), 1_000)).toBe(true)
})
