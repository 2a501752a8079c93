import type { Logger } from '@user-provisioning/runtime/logging'
import kafkajs from 'kafkajs'

/** kafkajs reports each ordinary rebalance, and what it then mends by itself, as an error: so ERROR would mean nothing. */
const ordinary = [
  'The group is rebalancing',
  'REBALANCE_IN_PROGRESS',
  'UNKNOWN_MEMBER_ID',
  'The coordinator is not aware of this member',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'coordinator is loading',
  'This server does not host this topic-partition',
  'There is no leader for this topic-partition',
]

/** A Kafka client with the options that were measured, logging through `log`. */
export function kafkaClient(options: { brokers: string[]; clientId: string; log: Logger }): kafkajs.Kafka {
  return new kafkajs.Kafka({
    clientId: options.clientId,
    brokers: options.brokers,
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 50, maxRetryTime: 1_000, factor: 0.2, multiplier: 1.6, retries: 30 },
    logLevel: kafkajs.logLevel.WARN,
    logCreator:
      () =>
      ({ level, log: { message, error, groupId, broker } }) => {
        const text = `${message} ${error ?? ''}`
        const lowered = ordinary.some((phrase) => text.includes(phrase))
        const details = { kafka: { error, groupId, broker } }
        if (lowered || level > kafkajs.logLevel.WARN) options.log.debug(details, message)
        else options.log.warn(details, message)
      },
  })
}
