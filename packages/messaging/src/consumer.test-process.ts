import { setTimeout as wait } from 'node:timers/promises'
import { openMessaging } from './messaging.ts'
import { subscribe } from './subscription.ts'
import { log, n, topicCalled } from './test-topics.ts'

// A consumer in a process of its own, for tests that kill it. It reports what it handled before it goes on.
export interface ProcessReport {
  readonly handled: number
}

const [brokers = '', topicName = '', group = '', replica = ''] = process.argv.slice(2)
const messaging = await openMessaging({
  brokers: brokers.split(','),
  service: 'identity-service',
  replica,
  log,
})
const topic = topicCalled(topicName)
await messaging.consume({
  group,
  topics: [
    subscribe({
      topic,
      order: 'key',
      async handle(message) {
        await wait(5)
        process.send?.({ handled: n(message) } satisfies ProcessReport)
      },
    }),
  ],
})
