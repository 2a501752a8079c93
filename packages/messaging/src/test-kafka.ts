import { randomUUID } from 'node:crypto'
import { type Stores, startStores } from '@user-provisioning/devstack/stores'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { type Messaging, openMessaging } from './messaging.ts'
import { log } from './test-topics.ts'

/** A Kafka for the tests of one file, and connections to it that end with each test. */
export function useKafka(options: { ownBroker?: boolean } = {}) {
  const open = new Set<Messaging>()
  let stores: Stores | undefined
  beforeAll(async () => {
    const env = { ...process.env }
    // One that a test may kill.
    if (options.ownBroker) delete env.KAFKA_BROKERS
    stores = await startStores({ env })
  })
  afterAll(() => stores?.stop())
  afterEach(async () => {
    await Promise.all([...open].map((messaging) => messaging[Symbol.asyncDispose]()))
    open.clear()
  })
  const running = () => {
    if (!stores) throw new Error('the stores are not started')
    return stores
  }
  return {
    stores: running,
    async connect(service: 'identity-service' | 'scim-ingress' = 'identity-service'): Promise<Messaging> {
      const brokers = running().kafkaBrokers.split(',')
      const messaging = await openMessaging({ brokers, service, replica: `r-${randomUUID()}`, log })
      open.add(messaging)
      return messaging
    },
    /** Ends one before its test does. */
    async close(messaging: Messaging): Promise<void> {
      open.delete(messaging)
      await messaging[Symbol.asyncDispose]()
    },
  }
}

export const eventually = (check: () => void | Promise<void>, timeout = 30_000) =>
  vi.waitFor(check, { timeout, interval: 20 })
