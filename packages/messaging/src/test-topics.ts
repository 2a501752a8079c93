import { randomUUID } from 'node:crypto'
import type { Topic } from '@user-provisioning/contracts/topic'
import { createLogger } from '@user-provisioning/runtime/logging'
import { z } from 'zod'
import type { Received } from './received.ts'

export const payload = z.strictObject({ n: z.int(), text: z.string().optional() })
export const log = createLogger({ service: 'test', replica: 'test', level: 'fatal' })

export function newTopic(name: string, more: Partial<Topic> = {}): Topic<typeof payload> {
  return topicCalled(`${name}.${randomUUID()}`, more)
}

export function topicCalled(name: string, more: Partial<Topic> = {}): Topic<typeof payload> {
  return {
    name,
    description: 'made by a test',
    writer: 'scim-ingress',
    readers: ['identity-service'],
    key: 'a key',
    partitions: 4,
    cleanup: { kind: 'delete', retentionMs: 600_000 },
    maxMessageBytes: 4_000_000,
    schema: payload,
    examples: [],
    ...more,
  } as Topic<typeof payload>
}

/** The number in a test's message. */
export const n = (message: Received) => (message.value as z.infer<typeof payload>).n

/** Each value once, where it came first. */
export function firstOnes<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)]
}
