import type { Received } from './consumer.ts'
import { headerNames } from './headers.ts'
import type { Outbox } from './outbox.ts'

/** Above this many characters an answer goes in numbered parts. */
const largestPart = 900_000

/**
 * Answers a request on the topic that it names. Not awaited by handlers: what was done is stored by then, and a lost answer
 * is met by the asker's deadline.
 */
export function sendReply(outbox: Outbox, request: Received, value: unknown, onLost: (err: unknown) => void): void {
  const replyTo = request.headers[headerNames.replyTo]
  const requestId = request.headers[headerNames.requestId]
  if (!replyTo || !requestId) return
  const send = (part: unknown, headers: Record<string, string>) => {
    outbox
      .reply(replyTo, {
        key: requestId,
        type: 'Reply',
        value: part,
        headers: { [headerNames.requestId]: requestId, ...headers },
      })
      .catch(onLost)
  }
  const text = JSON.stringify(value)
  if (text.length <= largestPart) {
    send(value, {})
    return
  }
  const parts = Math.ceil(text.length / largestPart)
  for (let part = 0; part < parts; part++) {
    send(text.slice(part * largestPart, (part + 1) * largestPart), {
      [headerNames.part]: String(part),
      [headerNames.parts]: String(parts),
    })
  }
}
