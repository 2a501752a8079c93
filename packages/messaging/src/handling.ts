import type { Logger } from '@user-provisioning/runtime/logging'
import { counter } from '@user-provisioning/runtime/telemetry'
import type { KafkaMessage } from 'kafkajs'
import { backoffMs, pause } from './backoff.ts'
import type { Parking } from './parking.ts'
import { parseValue, type Received, readEnvelope } from './received.ts'
import { NotSentError } from './send-failure.ts'
import type { Subscription } from './subscription.ts'

const parkedMessages = counter('messaging.parked.messages', { description: 'Messages put aside for their key' })
const droppedMessages = counter('messaging.dropped.messages', { description: 'Messages that could not be processed' })

const poisonAttempts = 3

export interface Task {
  readonly subscription: Subscription
  readonly partition: number
  readonly message: KafkaMessage
}

/**
 * Sees one message to its end: handled, parked or dropped. An error that may pass is waited out, for as long as `isWanted`.
 * Never rejects.
 * @returns false when it was given up because nobody wants it here any more
 */
export async function handleMessage(
  task: Task,
  options: {
    readonly parking: Parking
    readonly log: Logger
    readonly stopping: AbortSignal
    isWanted(): boolean
    isTransient(err: unknown): boolean
    inTraceOf(received: Received, work: () => Promise<void>): Promise<void>
  },
): Promise<boolean> {
  const { subscription, partition, message } = task
  const { parking, log, stopping } = options
  const { topic, onPoison = 'park' } = subscription
  const envelope = readEnvelope(topic.name, partition, message)
  const text = String(message.value ?? 'null')
  const gone = () => stopping.aborted || !options.isWanted()

  /** For ever, since what is not parked yet must not be passed over. */
  async function park(err: unknown): Promise<boolean> {
    parkedMessages.add(1, { topic: topic.name })
    const { offset, key, headers } = envelope
    return untilDone(
      (failure) => log.warn({ err: failure, topic: topic.name }, 'Parking failed; trying again'),
      () => parking.park(topic, { partition, offset, key, headers, value: text }, err),
    )
  }

  async function poison(err: unknown, received: Received): Promise<boolean> {
    const { offset, id, type } = envelope
    log.error({ err, topic: topic.name, partition, offset, id, type }, 'A message cannot be processed')
    if (onPoison === 'park') return park(err)
    droppedMessages.add(1, { topic: topic.name })
    if (onPoison === 'drop') return true
    try {
      await onPoison(received, err)
    } catch (failure) {
      log.error({ err: failure, topic: topic.name, partition, offset }, 'Nor can it be said that it was dropped')
    }
    return true
  }

  async function untilDone(onFailure: (err: unknown) => void, work: () => Promise<void>): Promise<boolean> {
    for (let attempt = 0; !gone(); attempt++) {
      try {
        await work()
        return true
      } catch (err) {
        onFailure(err)
        await pause(backoffMs(attempt, 100, 5_000), stopping)
      }
    }
    return false
  }

  if (onPoison === 'park' && envelope.key !== null && parking.isParked(envelope.key)) return park(null)
  let received: Received
  try {
    received = { ...envelope, value: parseValue(topic, text) }
  } catch (err) {
    return poison(err, envelope)
  }
  const isTransient = (err: unknown) => (err instanceof NotSentError ? err.isTransient : options.isTransient(err))
  for (let attempt = 0, failures = 0; ; attempt++) {
    try {
      await options.inTraceOf(received, () => subscription.handle(received))
      return true
    } catch (err) {
      if (gone()) return false
      if (!isTransient(err) && ++failures >= poisonAttempts) return poison(err, received)
      log.debug({ err, topic: topic.name, partition, offset: message.offset }, 'A message is tried again')
      await pause(backoffMs(attempt, 50, 5_000), stopping)
      if (gone()) return false
    }
  }
}
