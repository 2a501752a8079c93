/** Times of one kind of operation, in milliseconds. */
export interface LatencySummary {
  readonly count: number
  readonly failed: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

/** From when to when one operation took, of `performance.now()`. */
interface Span {
  readonly start: number
  readonly end: number
}

/** Collects how long operations took, by name. `perSecond` is over the time in which at least one of them was under way. */
export class Latencies {
  readonly #operations = new Map<string, { spans: Span[]; failed: number }>()

  /** @param startedAt from `performance.now()` */
  add(operation: string, startedAt: number, failed: boolean, endedAt = performance.now()): void {
    const entry = this.#operations.get(operation) ?? { spans: [], failed: 0 }
    entry.spans.push({ start: startedAt, end: endedAt })
    if (failed) entry.failed++
    this.#operations.set(operation, entry)
  }

  summary(): Record<string, LatencySummary> {
    return Object.fromEntries(
      [...this.#operations].map(([operation, { spans, failed }]) => {
        const sorted = spans.map(({ start, end }) => end - start).toSorted((a, b) => a - b)
        return [
          operation,
          {
            count: spans.length,
            failed,
            perSecond: spans.length / Math.max(covered(spans) / 1_000, 0.001),
            p50Ms: percentile(sorted, 0.5),
            p95Ms: percentile(sorted, 0.95),
            p99Ms: percentile(sorted, 0.99),
          },
        ]
      }),
    )
  }
}

/** The time that spans cover together: an operation may come back after others, and the time between is not its own. */
function covered(spans: readonly Span[]): number {
  let total = 0
  let until = Number.NEGATIVE_INFINITY
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    total += Math.max(0, end - Math.max(start, until))
    until = Math.max(until, end)
  }
  return total
}

/** The value below which `share` of the sorted values lie (nearest rank); 0 for none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0
}
