import { setTimeout as delay } from 'node:timers/promises'

/**
 * Asks `probe` every `everyMs` until it gives true. Gives false when `timeoutMs` passed first.
 * Rejects with what `probe` rejects with.
 */
export async function waitUntil(
  probe: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 25,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    if (await probe()) return true
    if (Date.now() >= deadline) return false
    await delay(everyMs)
  }
}
