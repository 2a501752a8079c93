import type { z } from 'zod'
import type { ServiceName } from './service-name.ts'

/** A Kafka topic as a record: what the services, the topic job, the documentation and the alerts are made from. */
export interface Topic<Schema extends z.ZodType = z.ZodType> {
  readonly name: string
  readonly description: string
  /** The one service that writes it; 'any' only for replies, which have one reader instead. */
  readonly writer: ServiceName | 'any'
  readonly readers: readonly ServiceName[]
  /** What the message key is made of, in words. */
  readonly key: string
  /** Fixed at install: a key would go to another partition otherwise. */
  readonly partitions: number
  readonly cleanup: { readonly kind: 'delete'; readonly retentionMs: number } | { readonly kind: 'compact' }
  readonly maxMessageBytes: number
  readonly schema: Schema
  readonly examples: readonly z.infer<Schema>[]
}

export type MessageOf<T extends Topic> = z.infer<T['schema']>
