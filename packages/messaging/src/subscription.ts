import type { Topic } from '@user-provisioning/contracts/topic'
import type { z } from 'zod'
import type { Received } from './received.ts'

export interface Subscription<Schema extends z.ZodType = z.ZodType> {
  readonly topic: Topic<Schema>
  /** `key`: messages of one key one after the other, over all topics of the group. `none`: side by side. */
  readonly order: 'key' | 'none'
  /** How many are handled at once: 256 by default, 32 without order. */
  readonly concurrency?: number
  handle(message: Received<z.infer<Schema>>): Promise<void>
  /**
   * What to do with one that cannot be processed: park it and its key's later ones (default), or tell and drop it. A message whose
   * value does not fit the schema comes without its value.
   */
  readonly onPoison?: 'park' | 'drop' | ((message: Received, err: unknown) => Promise<void>)
}

/** Gives a subscription the types of its topic. */
export function subscribe<Schema extends z.ZodType>(subscription: Subscription<Schema>): Subscription {
  return subscription as unknown as Subscription
}
