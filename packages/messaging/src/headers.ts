import type { IHeaders } from 'kafkajs'

/** Headers beside the CloudEvents attributes (`ce_*`, CloudEvents 1.0 Kafka binding) and `traceparent`. */
export const headerNames = {
  replyTo: 'reply-to',
  requestId: 'request-id',
  deadlineAt: 'deadline-at',
  /** Which asking of a request an answer is for: one request may be sent twice, to two keys. */
  asking: 'asking',
  /** Which of several answers a part belongs to: after a crash the same answer is sent again. */
  answer: 'answer',
  part: 'part',
  parts: 'parts',
} as const

/** Headers as text. */
export function readHeaders(headers: IHeaders | undefined): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers ?? {})) if (value !== undefined) texts[name] = String(value)
  return texts
}
