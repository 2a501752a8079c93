import { setTimeout as wait } from 'node:timers/promises'
import type { Connection } from '@user-provisioning/devstack/connection-file'
import kafkajs from 'kafkajs'
import mongoose from 'mongoose'

/** The services that keep a journal of what they have yet to announce, by their database. */
const journals = ['identity', 'mapping', 'workflow'] as const

/** How the groups of those begin who read along and are no part of the system: nobody waits for them. */
export const outsideGroup = 'outside-'

export interface PlatformView {
  /** Messages that their consumer group has not done yet, by `group topic`. */
  readonly lag: ReadonlyMap<string, bigint>
  /** Committed but not announced, by database. */
  readonly unannounced: ReadonlyMap<string, number>
  /** Messages in dead-letter topics. */
  readonly parked: number
}

/** Looks at the stores from outside, as an operator would: never at the services. */
export async function openObserver(connection: Connection) {
  const kafka = new kafkajs.Kafka({
    clientId: 'observer',
    brokers: connection.stores.kafkaBrokers.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 20, initialRetryTime: 100, maxRetryTime: 1_000 },
  })
  const admin = kafka.admin()
  await admin.connect()
  const mongo = await mongoose
    .createConnection(connection.stores.mongodbUri, { serverSelectionTimeoutMS: 30_000 })
    .asPromise()

  /** Unannounced records of one service's journal: also asked after a kill, before the service is back. */
  const unannouncedIn = (database: (typeof journals)[number]): Promise<number> =>
    mongo
      .useDb(database, { useCache: true })
      .collection('journal')
      .countDocuments({ facts: { $exists: true } })

  async function look(): Promise<PlatformView> {
    const topics = await admin.listTopics()
    const ends = new Map<string, { partition: number; high: string; low: string }[]>()
    const endsOf = async (topic: string) => {
      const known = ends.get(topic)
      if (known) return known
      const fetched = await admin.fetchTopicOffsets(topic)
      ends.set(topic, fetched)
      return fetched
    }
    let parked = 0
    for (const topic of topics.filter((name) => name.endsWith('.dead'))) {
      for (const { high, low } of await endsOf(topic)) parked += Number(BigInt(high) - BigInt(low))
    }
    const lag = new Map<string, bigint>()
    const { groups } = await admin.listGroups()
    for (const { groupId } of groups) {
      if (groupId.startsWith(outsideGroup)) continue
      for (const { topic, partitions } of await admin.fetchOffsets({ groupId })) {
        const byPartition = new Map((await endsOf(topic)).map((end) => [end.partition, end]))
        let sum = 0n
        for (const { partition, offset } of partitions) {
          const end = byPartition.get(partition)
          if (!end) continue
          const from = BigInt(offset) < 0n ? BigInt(end.low) : BigInt(offset)
          sum += BigInt(end.high) - from
        }
        // Replies and compacted topics are read by groups of one replica, which commit nothing.
        if (partitions.some(({ offset }) => BigInt(offset) >= 0n)) lag.set(`${groupId} ${topic}`, sum)
      }
    }
    const unannounced = new Map<string, number>()
    for (const database of journals) unannounced.set(database, await unannouncedIn(database))
    return { lag, unannounced, parked }
  }

  return {
    look,
    unannouncedIn,
    /** Waits until no work is in flight anywhere: seen twice in a row. @throws after `deadlineMs`, saying what is left */
    async settled(deadlineMs = 60_000): Promise<void> {
      const giveUpAt = performance.now() + deadlineMs
      for (let seen = 0; seen < 2; ) {
        const view = await look()
        const busy = [...view.lag, ...view.unannounced].filter(([, count]) => count > 0)
        seen = busy.length === 0 ? seen + 1 : 0
        if (seen < 2 && performance.now() > giveUpAt) {
          throw new Error(
            `not settled after ${deadlineMs} ms: ${busy.map(([name, count]) => `${name} ${count}`).join(', ')}`,
          )
        }
        if (seen < 2) await wait(100)
      }
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all([admin.disconnect(), mongo.close()])
    },
  }
}

export type Observer = Awaited<ReturnType<typeof openObserver>>
