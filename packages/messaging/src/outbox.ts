import { newId } from '@user-provisioning/contracts/ids'
import type { Topic } from '@user-provisioning/contracts/topic'
import type { Message } from 'kafkajs'
import { backoffMs, pause, within } from './backoff.ts'
import { cutBatches, type Outgoing } from './batches.ts'
import type { ProducerLine } from './producer-line.ts'
import { NotSentError, sendFailure } from './send-failure.ts'

export interface OutgoingMessage {
  /** Null for what needs no order. */
  readonly key: string | null
  /** Sent as JSON; bytes are sent as they are; null removes the key from a compacted topic. */
  readonly value: unknown
  /** CloudEvents type: the message's own `type`. */
  readonly type: string
  /** CloudEvents id; the same for a repeat. By default a new one. */
  readonly id?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly partition?: number
  /** When it is of no use any more (ms since 1970), if that is before the 30 s that are tried. */
  readonly giveUpAt?: number
}

export interface Outbox {
  /**
   * Resolves when all in-sync replicas have it. Messages of one key stay in their order.
   * @throws NotSentError when no broker took it within 30 s, or none ever will
   */
  send(topic: Topic, message: OutgoingMessage): Promise<void>
  /** To a reply topic, by its name, which may be gone: then it is given up at once. @throws NotSentError */
  reply(topic: string, message: OutgoingMessage): Promise<void>
  /** Resolves when everything sent so far has been accepted or refused, or after `timeLimitMs`. */
  flush(timeLimitMs: number): Promise<void>
}

interface Waiting extends Outgoing {
  readonly topic: string
  readonly message: Message
  readonly mayBeGone: boolean
  /** It has let answers pass once, and does not again. */
  gaveWay: boolean
  readonly giveUpAt: number
  readonly sent: PromiseWithResolvers<void>
}

const triedMs = 30_000
/** A missing topic may be one whose metadata is not everywhere yet; a reply topic is made long before its first reply. */
const missingRetryMs = 250
/** How long a reply topic that was gone is not asked for again. */
const goneMs = 10_000
const renewAfterFailures = 3

/**
 * Sends what one turn of the event loop produced as one batch: no timer, so that a lone message leaves at once. While no broker
 * takes anything, what is on its way is repeated and the rest waits.
 * @param source CloudEvents source, the service
 * @param traceParent of the work in hand, if there is any
 * @param topicExists asked of the broker; rejects when it cannot say
 */
export function openOutbox(
  line: ProducerLine,
  source: string,
  traceParent: () => string | undefined,
  topicExists: (name: string) => Promise<boolean>,
): Outbox {
  let waiting: Waiting[] = []
  let isScheduled = false
  /** Batches that are repeated because of the broker. */
  let repeating = 0
  let failuresInRow = 0
  const keysUnderway = new Set<string>()
  const goneUntil = new Map<string, number>()
  const unsettled = new Set<Promise<void>>()

  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(flushTurn)
  }

  function flushTurn(): void {
    isScheduled = false
    if (repeating > 0 || waiting.length === 0) return
    const { next, passed } = answersFirst(waiting)
    const { batches, left } = cutBatches(next, keysUnderway)
    waiting = [...left, ...passed]
    for (const batch of batches) void deliver(batch).finally(() => release(batch))
  }

  /**
   * Somebody waits for an answer, nobody for what is only told: that leaves behind it, when the answer was taken or with the
   * next turn, so that those who hear of it do not take the processor from the one who answers.
   */
  function answersFirst(entries: Waiting[]): { next: Waiting[]; passed: Waiting[] } {
    if (!entries.some(({ mayBeGone }) => mayBeGone)) return { next: entries, passed: [] }
    const next = entries.filter(({ mayBeGone, gaveWay }) => mayBeGone || gaveWay)
    const passed = entries.filter(({ mayBeGone, gaveWay }) => !mayBeGone && !gaveWay)
    for (const entry of passed) entry.gaveWay = true
    return { next, passed }
  }

  function release(batch: readonly Waiting[]): void {
    for (const { orderedBy } of batch) if (orderedBy !== null) keysUnderway.delete(orderedBy)
    if (waiting.length > 0) schedule()
  }

  /** Sees a batch to its end: each of its messages is accepted or refused when it resolves. */
  async function deliver(batch: readonly Waiting[]): Promise<void> {
    let left = batch
    let isRepeating = false
    let isRenewed = false
    try {
      for (let attempt = 0; ; attempt++) {
        left = live(left)
        if (left.length === 0) return
        const producer = line.generation()
        const failure = await sendNow(left)
        if (failure === undefined) return
        const kind = sendFailure(failure)
        if (kind === 'broker') {
          if (!isRepeating) repeating++
          isRepeating = true
          if (++failuresInRow % renewAfterFailures === 0) line.renew(producer)
          if (attempt > 0) await pause(backoffMs(attempt, 50, 1_000))
          left = expire(left, failure)
          waiting = expire(waiting, failure)
          continue
        }
        // One topic that is gone, or one message too large, must not take the others of its turn along.
        const parts = [...Map.groupBy(left, (entry) => entry.topic).values()]
        if (parts.length > 1) {
          await Promise.all(parts.map(deliver))
          return
        }
        if (kind === 'message') {
          if (left.length === 1) refuse(left, false, failure)
          else for (const entry of left) await deliver([entry])
          return
        }
        if (!isRenewed) {
          // It may be another topic that is gone: a producer that never heard of that one tells.
          line.renew(producer)
          isRenewed = true
          continue
        }
        const [first] = left
        if (first?.mayBeGone && !(await topicExists(first.topic).catch(() => true))) {
          goneUntil.set(first.topic, Date.now() + goneMs)
          refuse(left, false, failure)
          return
        }
        // The new producer heard of the topic that is gone too, from a batch beside this one: the next one may not.
        isRenewed = false
        await pause(missingRetryMs)
        left = expire(left, failure)
      }
    } finally {
      if (isRepeating) repeating--
    }
  }

  /** @returns why it failed, if it did */
  async function sendNow(batch: readonly Waiting[]): Promise<unknown> {
    const byTopic = Map.groupBy(batch, (entry) => entry.topic)
    try {
      await line.send({
        acks: -1,
        topicMessages: [...byTopic].map(([topic, entries]) => ({
          topic,
          messages: entries.map((entry) => entry.message),
        })),
      })
    } catch (err) {
      return err ?? new Error('not sent')
    }
    failuresInRow = 0
    for (const entry of batch) entry.sent.resolve()
    return undefined
  }

  /** Refuses what is too late; gives back the rest. */
  function expire(entries: readonly Waiting[], failure: unknown): Waiting[] {
    const now = Date.now()
    return entries.filter((entry) => {
      if (entry.giveUpAt > now) return true
      refuse([entry], true, failure)
      return false
    })
  }

  /** Without those that were refused, and those whose reader is known to be gone. */
  function live(entries: readonly Waiting[]): Waiting[] {
    const now = Date.now()
    return entries.filter((entry) => {
      if (entry.giveUpAt <= now) refuse([entry], true, undefined)
      else if (entry.mayBeGone && (goneUntil.get(entry.topic) ?? 0) > now) refuse([entry], false, undefined)
      else return true
      return false
    })
  }

  function refuse(entries: readonly Waiting[], isTransient: boolean, cause: unknown): void {
    for (const entry of entries) entry.sent.reject(new NotSentError(entry.topic, isTransient, cause))
  }

  function enqueue(topic: string, outgoing: OutgoingMessage, mayBeGone: boolean): Promise<void> {
    const value = bytesOf(outgoing.value)
    const trace = traceParent()
    const sent = Promise.withResolvers<void>()
    const giveUpAt = Math.min(Date.now() + triedMs, outgoing.giveUpAt ?? Number.POSITIVE_INFINITY)
    waiting.push({
      topic,
      mayBeGone,
      gaveWay: false,
      giveUpAt,
      sent,
      orderedBy: outgoing.key === null ? null : `${topic} ${outgoing.key}`,
      size: (value?.length ?? 0) + 400,
      message: {
        key: outgoing.key,
        value,
        ...(outgoing.partition === undefined ? {} : { partition: outgoing.partition }),
        headers: {
          ce_specversion: '1.0',
          ce_id: outgoing.id ?? newId(),
          ce_source: source,
          ce_type: outgoing.type,
          ce_time: new Date().toISOString(),
          'content-type': 'application/json',
          ...(trace === undefined ? {} : { traceparent: trace }),
          ...outgoing.headers,
        },
      },
    })
    schedule()
    const settled = sent.promise.then(
      () => {},
      () => {},
    )
    unsettled.add(settled)
    void settled.then(() => unsettled.delete(settled))
    return sent.promise
  }

  return {
    send: (topic, message) => enqueue(topic.name, message, false),
    reply: (topic, message) => enqueue(topic, message, true),
    async flush(timeLimitMs) {
      await within(timeLimitMs, Promise.all(unsettled))
    },
  }
}

function bytesOf(value: unknown): Buffer | null {
  if (value === null || Buffer.isBuffer(value)) return value
  return Buffer.from(JSON.stringify(value))
}
