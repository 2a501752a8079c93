/** Times of one kind of operation, in milliseconds. */
export interface LatencySummary {
  readonly count: number
  readonly failed: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

/** Collects how long operations took, by name. `perSecond` is over the time in which the operation was run. */
export class Latencies {
  readonly #times = new Map<string, { times: number[]; failed: number; first: number; last: number }>()

  /** @param startedAt from `performance.now()` */
  add(operation: string, startedAt: number, failed: boolean): void {
    const now = performance.now()
    const entry = this.#times.get(operation) ?? { times: [], failed: 0, first: startedAt, last: now }
    entry.times.push(now - startedAt)
    if (failed) entry.failed++
    entry.first = Math.min(entry.first, startedAt)
    entry.last = Math.max(entry.last, now)
    this.#times.set(operation, entry)
  }

  summary(): Record<string, LatencySummary> {
    return Object.fromEntries(
      [...this.#times].map(([operation, { times, failed, first, last }]) => {
        const sorted = times.toSorted((a, b) => a - b)
        const seconds = Math.max((last - first) / 1_000, 0.001)
        return [
          operation,
          {
            count: times.length,
            failed,
            perSecond: times.length / seconds,
            p50Ms: percentile(sorted, 0.5),
            p95Ms: percentile(sorted, 0.95),
            p99Ms: percentile(sorted, 0.99),
          },
        ]
      }),
    )
  }
}

/** The value below which `share` of the sorted values lie (nearest rank); 0 for none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0
}
