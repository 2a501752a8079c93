import type { IHeaders } from 'kafkajs'

/** Headers beside the CloudEvents attributes (`ce_*`, CloudEvents 1.0 Kafka binding) and `traceparent`. */
export const headerNames = {
  replyTo: 'reply-to',
  requestId: 'request-id',
  deadlineAt: 'deadline-at',
  part: 'part',
  parts: 'parts',
} as const

/** Headers as text. */
export function readHeaders(headers: IHeaders | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  )
}
