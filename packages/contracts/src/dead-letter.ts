import { z } from 'zod'

/** A message that could not be processed, or that waits behind one which could not, with what it takes to redrive it. */
export const deadLetter = z.strictObject({
  topic: z.string(),
  partition: z.int().nonnegative(),
  offset: z.string(),
  key: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
  /** The message's value as it was. */
  value: z.string(),
  /** Null for one that only waits behind another of its key. */
  error: z.string().nullable(),
  parkedAt: z.iso.datetime(),
})
export type DeadLetter = z.infer<typeof deadLetter>
