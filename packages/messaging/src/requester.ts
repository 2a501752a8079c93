import { randomUUID } from 'node:crypto'
import { Fault } from '@user-provisioning/contracts/errors'
import type { Reply } from '@user-provisioning/contracts/reply'
import type { Topic } from '@user-provisioning/contracts/topic'
import { replyTopic } from '@user-provisioning/contracts/topics'
import type { Logger } from '@user-provisioning/runtime/logging'
import type { Kafka, KafkaMessage } from 'kafkajs'
import type { AdminAccess } from './admin-access.ts'
import { within } from './backoff.ts'
import { joinGroup } from './group-member.ts'
import { headerNames, readHeaders } from './headers.ts'
import type { Outbox } from './outbox.ts'
import { type ReplyParts, replyParts } from './reply-parts.ts'
import { ensureTopics } from './topic-admin.ts'

export interface Question {
  readonly key: string | null
  readonly value: unknown
  readonly type: string
  readonly requestId: string
  /** Until when an answer is of use, in ms since 1970; the message says so too. */
  readonly deadlineAt: number
  readonly headers?: Readonly<Record<string, string>>
  readonly partition?: number
}

export interface Requester extends AsyncDisposable {
  /** Sends a request and waits for its answer. @throws Fault deadline-exceeded, service-unavailable when it cannot be sent */
  ask(topic: Topic, question: Question): Promise<Reply>
  /** Requests that wait for an answer. */
  waiting(): number
  isJoined(): boolean
  progressAt(): number
}

interface Pending {
  readonly asking: string
  readonly parts: ReplyParts
  resolve(reply: Reply): void
  reject(err: Fault): void
}

const removeMs = 5_000

/**
 * Makes this replica's reply topic and reads it with a group of its own; a clean stop removes the topic. The group has a new
 * name each time, so that a replica which was killed does not wait for its former self's session to end.
 */
export async function openRequester(options: {
  kafka: Kafka
  access: AdminAccess
  outbox: Outbox
  replica: string
  log: Logger
}): Promise<Requester> {
  const { access, outbox, log } = options
  const topic = replyTopic(options.replica)
  const pending = new Map<string, Pending>()
  let askings = 0
  let isClosed = false
  let nextOffset: bigint | undefined

  const member = joinGroup(
    options.kafka,
    {
      group: `${topic.name}.${randomUUID().slice(0, 8)}`,
      topics: [topic.name],
      log,
      // One that was away for so long that its topic was taken for abandoned has it again.
      prepare: () => ensureTopics(access, [topic]),
    },
    {
      onAssigned() {
        if (nextOffset !== undefined) member.seek(topic.name, 0, nextOffset)
      },
      onBatch(_topic, _partition, messages) {
        for (const message of messages) {
          receive(message)
          nextOffset = BigInt(message.offset) + 1n
        }
      },
    },
  )

  function receive({ key, value, headers }: KafkaMessage): void {
    const waiting = key === null ? undefined : pending.get(String(key))
    if (!waiting || value === null) return
    const texts = readHeaders(headers)
    // A repeat of the answer to an earlier asking of the same request says what was true of that one.
    if ((texts[headerNames.asking] ?? waiting.asking) !== waiting.asking) return
    const answer = texts[headerNames.answer]
    const whole =
      answer === undefined
        ? value
        : waiting.parts.add(answer, Number(texts[headerNames.part]), Number(texts[headerNames.parts]), value)
    if (whole) settle(waiting, String(key), whole)
  }

  function settle(waiting: Pending, requestId: string, json: Buffer): void {
    try {
      waiting.resolve(topic.schema.parse(JSON.parse(String(json))))
    } catch (err) {
      log.error({ err, requestId }, 'An answer has the wrong shape')
      waiting.reject(new Fault('internal-error', {}, { internal: 'an answer has the wrong shape', cause: err }))
    }
  }

  await member.joined()
  return {
    ask(to, { key, value, type, requestId, deadlineAt, headers, partition }) {
      const { promise, resolve, reject } = Promise.withResolvers<Reply>()
      if (isClosed) {
        reject(new Fault('service-unavailable', { service: 'This replica' }))
        return promise
      }
      const asking = String(++askings)
      const waiting: Pending = { asking, parts: replyParts(), resolve, reject }
      const timer = setTimeout(
        () => reject(new Fault('deadline-exceeded', {}, { internal: `${type} ${requestId} was not answered` })),
        Math.max(0, deadlineAt - Date.now()),
      )
      pending.set(requestId, waiting)
      outbox
        .send(to, {
          key,
          value,
          type,
          id: requestId,
          headers: {
            [headerNames.replyTo]: topic.name,
            [headerNames.requestId]: requestId,
            [headerNames.asking]: asking,
            [headerNames.deadlineAt]: new Date(deadlineAt).toISOString(),
            ...headers,
          },
          giveUpAt: deadlineAt,
          ...(partition === undefined ? {} : { partition }),
        })
        .catch((err: unknown) => {
          log.warn({ err, requestId }, 'A request could not be sent')
          if (Date.now() >= deadlineAt) reject(new Fault('deadline-exceeded', {}, { cause: err }))
          else reject(new Fault('service-unavailable', { service: to.readers[0] ?? to.name }, { cause: err }))
        })
      return promise.finally(() => {
        clearTimeout(timer)
        if (pending.get(requestId) === waiting) pending.delete(requestId)
      })
    },
    waiting: () => pending.size,
    isJoined: () => member.isJoined(),
    progressAt: () => member.progressAt(),
    async [Symbol.asyncDispose]() {
      isClosed = true
      for (const waiting of pending.values()) {
        waiting.reject(new Fault('service-unavailable', { service: 'This replica' }))
      }
      await member[Symbol.asyncDispose]()
      const removal = access.use((admin) => admin.deleteTopics({ topics: [topic.name], timeout: 2_000 }))
      removal.catch((err: unknown) => log.warn({ err }, 'The reply topic could not be removed'))
      await within(removeMs, removal)
    },
  }
}
