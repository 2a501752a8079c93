import { newId } from '@user-provisioning/contracts/ids'
import { headerNames } from './headers.ts'
import type { Outbox } from './outbox.ts'
import type { Received } from './received.ts'
import { largestPartBytes, splitReply } from './reply-parts.ts'

/**
 * Answers a request on the topic that it names. Not awaited by handlers: what was done is stored by then, and a lost answer
 * is met by the asker's deadline.
 */
export function sendReply(outbox: Outbox, request: Received, value: unknown, onLost: (err: unknown) => void): void {
  const replyTo = request.headers[headerNames.replyTo]
  const requestId = request.headers[headerNames.requestId]
  if (!replyTo || !requestId) return
  const asking = request.headers[headerNames.asking]
  const deadlineAt = Date.parse(request.headers[headerNames.deadlineAt] ?? '')
  const json = Buffer.from(JSON.stringify(value))
  const send = (payload: Buffer, headers: Record<string, string>) => {
    outbox
      .reply(replyTo, {
        key: requestId,
        id: `${requestId}/reply`,
        type: 'Reply',
        value: payload,
        headers: {
          [headerNames.requestId]: requestId,
          ...(asking === undefined ? {} : { [headerNames.asking]: asking }),
          ...headers,
        },
        // Nobody waits for it any longer.
        ...(Number.isNaN(deadlineAt) ? {} : { giveUpAt: deadlineAt }),
      })
      .catch(onLost)
  }
  if (json.length <= largestPartBytes) {
    send(json, {})
    return
  }
  const answer = newId()
  const parts = splitReply(json)
  for (const [part, piece] of parts.entries()) {
    send(piece, {
      [headerNames.answer]: answer,
      [headerNames.part]: String(part),
      [headerNames.parts]: String(parts.length),
    })
  }
}
