import type { Topic } from '@user-provisioning/contracts/topic'
import type { KafkaMessage } from 'kafkajs'
import { readHeaders } from './headers.ts'

/** A message as a handler gets it: parsed once, by the topic's schema. */
export interface Received<Value = unknown> {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly key: string | null
  readonly value: Value
  /** CloudEvents type and id. */
  readonly type: string
  readonly id: string
  readonly headers: Readonly<Record<string, string>>
}

/** Everything but the value, which is not parsed yet. */
export function readEnvelope(topic: string, partition: number, message: KafkaMessage): Received<undefined> {
  const headers = readHeaders(message.headers)
  return {
    topic,
    partition,
    offset: message.offset,
    key: message.key === null ? null : String(message.key),
    value: undefined,
    type: headers.ce_type ?? '',
    id: headers.ce_id ?? '',
    headers,
  }
}

/** The value by the topic's schema. @throws SyntaxError, ZodError */
export function parseValue(topic: Topic, text: string): unknown {
  return topic.schema.parse(JSON.parse(text))
}
