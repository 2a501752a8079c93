import { randomUUID } from 'node:crypto'
import { Fault } from '@user-provisioning/contracts/errors'
import type { Reply } from '@user-provisioning/contracts/reply'
import type { Topic } from '@user-provisioning/contracts/topic'
import { replyTopic } from '@user-provisioning/contracts/topics'
import type { Logger } from '@user-provisioning/runtime/logging'
import type { Kafka } from 'kafkajs'
import { headerNames, readHeaders } from './headers.ts'
import type { Outbox } from './outbox.ts'

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
  /** Sends a request and waits for its answer. @throws Fault deadline-exceeded */
  ask(topic: Topic, question: Question): Promise<Reply>
  /** Requests that wait for an answer. */
  waiting(): number
  progressAt(): number
}

interface Pending {
  resolve(reply: Reply): void
  parts: string[]
  missing: number
}

/**
 * Makes this replica's reply topic and reads it with a group of its own; a clean stop removes the topic. The group has a new
 * name each time, so that a replica which was killed does not wait for its former self's session to end.
 */
export async function openRequester(
  kafka: Kafka,
  outbox: Outbox,
  ensure: (topics: readonly Topic[]) => Promise<void>,
  replica: string,
  log: Logger,
): Promise<Requester> {
  const topic = replyTopic(replica)
  await ensure([topic])
  const pending = new Map<string, Pending>()
  let progressAt = Date.now()
  let closing = false
  let consumer = await connect()

  async function connect() {
    const made = kafka.consumer({
      groupId: `${topic.name}.${randomUUID().slice(0, 8)}`,
      minBytes: 1,
      maxWaitTimeInMs: 500,
      heartbeatInterval: 500,
      sessionTimeout: 6_000,
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 10, restartOnFailure: async () => true },
    })
    const joined = Promise.withResolvers<void>()
    made.on(made.events.GROUP_JOIN, () => joined.resolve())
    made.on(made.events.FETCH, () => {
      progressAt = Date.now()
    })
    made.on(made.events.CRASH, ({ payload }) => {
      if (payload.restart || closing) return
      log.warn({ err: payload.error }, 'The reader of replies stopped for good; a new one takes over')
      void made.disconnect().catch(() => {})
      void reconnect()
    })
    await made.connect()
    await made.subscribe({ topic: topic.name, fromBeginning: true })
    await made.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { key, value, headers } of batch.messages) receive(String(key), String(value), readHeaders(headers))
      },
    })
    await joined.promise
    return made
  }

  async function reconnect(): Promise<void> {
    for (let wait = 200; !closing; wait = Math.min(wait * 2, 5_000)) {
      try {
        consumer = await connect()
        return
      } catch (err) {
        log.warn({ err }, 'The reader of replies cannot connect; trying again')
        await new Promise((done) => setTimeout(done, wait))
      }
    }
  }

  function receive(requestId: string, text: string, headers: Record<string, string>): void {
    const waiting = pending.get(requestId)
    if (!waiting) return
    const parts = headers[headerNames.parts]
    if (parts === undefined) {
      settle(requestId, text)
      return
    }
    const part = Number(headers[headerNames.part])
    if (waiting.parts.length === 0) waiting.missing = Number(parts)
    if (waiting.parts[part] === undefined) waiting.missing--
    waiting.parts[part] = JSON.parse(text) as string
    if (waiting.missing === 0) settle(requestId, waiting.parts.join(''))
  }

  function settle(requestId: string, text: string): void {
    const parsed = topic.schema.safeParse(JSON.parse(text))
    if (!parsed.success) log.error({ err: parsed.error, requestId }, 'An answer has the wrong shape')
    else pending.get(requestId)?.resolve(parsed.data)
  }

  return {
    ask(to, { key, value, type, requestId, deadlineAt, headers, partition }) {
      const { promise, resolve, reject } = Promise.withResolvers<Reply>()
      const late = () =>
        reject(new Fault('deadline-exceeded', {}, { internal: `${type} ${requestId} was not answered` }))
      const timer = setTimeout(late, deadlineAt - Date.now())
      pending.set(requestId, { resolve, parts: [], missing: 0 })
      outbox
        .send(to, {
          key,
          value,
          type,
          id: requestId,
          headers: {
            [headerNames.replyTo]: topic.name,
            [headerNames.requestId]: requestId,
            [headerNames.deadlineAt]: new Date(deadlineAt).toISOString(),
            ...headers,
          },
          ...(partition === undefined ? {} : { partition }),
        })
        .catch((err: unknown) => {
          log.warn({ err, requestId }, 'A request could not be sent')
          late()
        })
      return promise.finally(() => {
        clearTimeout(timer)
        pending.delete(requestId)
      })
    },
    waiting: () => pending.size,
    progressAt: () => progressAt,
    async [Symbol.asyncDispose]() {
      closing = true
      await consumer.disconnect().catch(() => {})
      const admin = kafka.admin({ retry: { retries: 2 } })
      try {
        await admin.connect()
        await admin.deleteTopics({ topics: [topic.name], timeout: 2_000 })
      } catch (err) {
        log.warn({ err }, 'The reply topic could not be removed')
      } finally {
        await admin.disconnect().catch(() => {})
      }
    },
  }
}
