import type { Logger } from '@user-provisioning/runtime/logging'
import kafkajs from 'kafkajs'

/** kafkajs reports each ordinary rebalance, and what it then mends by itself, as an error: so ERROR would mean nothing. */
const ordinary = [
  'rebalancing',
  'REBALANCE_IN_PROGRESS',
  'UNKNOWN_MEMBER_ID',
  'The coordinator is not aware of this member',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'coordinator is loading',
  'Consumer group received unsubscribed topics',
  'Offset out of range',
  'This server does not host this topic-partition',
  'There is no leader for this topic-partition',
  'not the leader for that topic-partition',
  'write after end',
]

/** The same sentence, however often a broker that is away brings it about, is a warning once in this time. */
const repeatedAfterMs = 30_000

/** A Kafka client with the options that were measured, logging through `log`. */
export function kafkaClient(options: { brokers: readonly string[]; clientId: string; log: Logger }): kafkajs.Kafka {
  return new kafkajs.Kafka({
    clientId: options.clientId,
    brokers: [...options.brokers],
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2, retries: 3 },
    logLevel: kafkajs.logLevel.WARN,
    logCreator: () => logThrough(options.log),
  })
}

/** What heals by itself is a warning at most: what does not is reported by its caller. */
function logThrough(log: Logger): (entry: kafkajs.LogEntry) => void {
  const warnedAt = new Map<string, number>()
  return ({ level, log: { message, error, groupId, broker } }) => {
    const text = `${message} ${error ?? ''}`
    const details = { kafka: { error, groupId, broker } }
    const now = Date.now()
    const isRepeated = now - (warnedAt.get(text) ?? 0) < repeatedAfterMs
    if (isRepeated || level > kafkajs.logLevel.WARN || ordinary.some((phrase) => text.includes(phrase))) {
      log.debug(details, message)
      return
    }
    if (warnedAt.size > 100) warnedAt.clear()
    warnedAt.set(text, now)
    log.warn(details, message)
  }
}
