/** How long to wait before another try: doubles from `firstMs`, ends at `mostMs`, a fifth of it by chance. `attempt` counts from 0. */
export function backoffMs(attempt: number, firstMs: number, mostMs: number): number {
  const full = Math.min(firstMs * 2 ** Math.min(attempt, 30), mostMs)
  return full * (0.8 + Math.random() * 0.2)
}

/** Resolves after `ms`, or as soon as the signal is aborted; never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(end, ms)
  signal?.addEventListener('abort', end, { once: true })
  function end(): void {
    clearTimeout(timer)
    signal?.removeEventListener('abort', end)
    resolve()
  }
  return promise
}

/** Waits for `work` for `ms` at most; says whether it came to an end, well or not. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const limit = new AbortController()
  try {
    return await Promise.race([
      work.then(
        () => true,
        () => true,
      ),
      pause(ms, limit.signal).then(() => false),
    ])
  } finally {
    limit.abort()
  }
}
