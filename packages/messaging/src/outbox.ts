import { newId } from '@user-provisioning/contracts/ids'
import type { Topic } from '@user-provisioning/contracts/topic'
import type { Message, Producer } from 'kafkajs'

export interface OutgoingMessage {
  /** Null for what needs no order. */
  readonly key: string | null
  readonly value: unknown
  /** CloudEvents type: the message's own `type`. */
  readonly type: string
  /** CloudEvents id; the same for a repeat. By default a new one. */
  readonly id?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly partition?: number
}

export interface Outbox {
  /** Resolves when all in-sync replicas have it; rejects when the broker could not be reached in about 30 s. */
  send(topic: Topic, message: OutgoingMessage): Promise<void>
  /** To a reply topic, by its name; given up sooner, since its reader may be gone. */
  reply(topic: string, message: OutgoingMessage): Promise<void>
  /** Resolves when everything sent so far has been accepted or refused, or after `timeLimitMs`. */
  flush(timeLimitMs: number): Promise<void>
}

export interface OutboxProducers {
  readonly producer: Producer
  /** For reply topics, apart: the topic of a replica that is gone would hold up the facts of its turn. */
  readonly replyProducer: Producer
}

interface Waiting {
  readonly reply: boolean
  readonly topic: string
  readonly message: Message
  readonly size: number
  readonly sent: PromiseWithResolvers<void>
}

/** After a rebalance what was not committed comes again in one turn; a broker refuses batches over 1 MB. */
const largestBatchBytes = 500_000

/**
 * Sends what one turn of the event loop produced as one batch: no timer, so that a lone message leaves at once.
 * @param source CloudEvents source, the service
 * @param traceParent of the work in hand, if there is any
 */
export function openOutbox(producers: OutboxProducers, source: string, traceParent: () => string | undefined): Outbox {
  let waiting: Waiting[] = []
  const underway = new Set<Promise<unknown>>()

  function flushTurn(): void {
    const turn = waiting
    waiting = []
    const replies = Map.groupBy(
      turn.filter((entry) => entry.reply),
      (entry) => entry.topic,
    )
    for (const entries of replies.values()) {
      for (const batch of cutBatches(entries)) dispatch(producers.replyProducer, batch)
    }
    for (const batch of cutBatches(turn.filter((entry) => !entry.reply))) dispatch(producers.producer, batch)
  }

  function dispatch(producer: Producer, batch: readonly Waiting[]): void {
    const sending = sendBatch(producer, batch)
    underway.add(sending)
    void sending.finally(() => underway.delete(sending))
  }

  async function sendBatch(producer: Producer, batch: readonly Waiting[]): Promise<void> {
    const byTopic = Map.groupBy(batch, (entry) => entry.topic)
    const topicMessages = [...byTopic].map(([topic, entries]) => ({
      topic,
      messages: entries.map((entry) => entry.message),
    }))
    try {
      await producer.sendBatch({ topicMessages, acks: -1 })
      for (const entry of batch) entry.sent.resolve()
    } catch (err) {
      // One topic that is gone, or one message too large, must not take the others of its turn along.
      if (batch.length === 1) batch[0]?.sent.reject(err)
      else if (byTopic.size > 1) await Promise.all([...byTopic.values()].map((part) => sendBatch(producer, part)))
      else for (const entry of batch) entry.sent.reject(err)
    }
  }

  function enqueue(topic: string, message: OutgoingMessage, reply: boolean): Promise<void> {
    // A null is a tombstone: it removes the key from a compacted topic.
    const value = message.value === null ? null : JSON.stringify(message.value)
    const trace = traceParent()
    const sent = Promise.withResolvers<void>()
    const entry: Waiting = {
      topic,
      reply,
      size: (value?.length ?? 0) + 400,
      sent,
      message: {
        key: message.key,
        value,
        ...(message.partition === undefined ? {} : { partition: message.partition }),
        headers: {
          ce_specversion: '1.0',
          ce_id: message.id ?? newId(),
          ce_source: source,
          ce_type: message.type,
          ce_time: new Date().toISOString(),
          'content-type': 'application/json',
          ...(trace === undefined ? {} : { traceparent: trace }),
          ...message.headers,
        },
      },
    }
    if (waiting.push(entry) === 1) setImmediate(flushTurn)
    return sent.promise
  }

  return {
    send: (topic, message) => enqueue(topic.name, message, false),
    reply: (topic, message) => enqueue(topic, message, true),
    async flush(timeLimitMs) {
      if (waiting.length > 0) flushTurn()
      await Promise.race([
        Promise.allSettled(underway),
        new Promise((done) => {
          setTimeout(done, timeLimitMs).unref()
        }),
      ])
    },
  }
}

/** Cuts what is waiting, in its order, into batches of at most 500 kB; a larger message goes alone. */
export function cutBatches<Entry extends { readonly size: number }>(entries: readonly Entry[]): Entry[][] {
  const batches: Entry[][] = []
  let batch: Entry[] = []
  let size = 0
  for (const entry of entries) {
    if (batch.length > 0 && size + entry.size > largestBatchBytes) {
      batches.push(batch)
      batch = []
      size = 0
    }
    batch.push(entry)
    size += entry.size
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}
