/** A message that waits to be sent. */
export interface Outgoing {
  /** What it must stay in order with; null for nothing. */
  readonly orderedBy: string | null
  /** Bytes. */
  readonly size: number
}

/** After a rebalance what was not committed comes again in one turn; a broker refuses batches over 1 MB. */
export const largestBatchBytes = 500_000

/**
 * Cuts what waits, in its order, into batches of at most 500 kB; a larger message goes alone. A message whose key is on its way already,
 * in an earlier batch or in `underway`, stays behind: two batches may arrive in either order, and one may have to be repeated.
 * @param underway keys on their way; those of the batches are added
 */
export function cutBatches<Message extends Outgoing>(
  waiting: readonly Message[],
  underway: Set<string>,
): { batches: Message[][]; left: Message[] } {
  const batches: Message[][] = []
  const left: Message[] = []
  const leftKeys = new Set<string>()
  let batch: Message[] = []
  let batchKeys = new Set<string>()
  let size = 0
  for (const message of waiting) {
    const { orderedBy } = message
    const isFull = batch.length > 0 && size + message.size > largestBatchBytes
    const isHeld =
      orderedBy !== null &&
      (leftKeys.has(orderedBy) || (underway.has(orderedBy) && (isFull || !batchKeys.has(orderedBy))))
    if (isHeld) {
      leftKeys.add(orderedBy)
      left.push(message)
      continue
    }
    if (isFull) {
      batches.push(batch)
      batch = []
      batchKeys = new Set()
      size = 0
    }
    batch.push(message)
    size += message.size
    if (orderedBy !== null) {
      batchKeys.add(orderedBy)
      underway.add(orderedBy)
    }
  }
  if (batch.length > 0) batches.push(batch)
  return { batches, left }
}
