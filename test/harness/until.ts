import { setTimeout as wait } from 'node:timers/promises'

/** Asks again until `probe` gives something other than undefined. @throws after `deadlineMs`, with `what` */
export async function until<T>(what: string, probe: () => Promise<T | undefined>, deadlineMs = 30_000): Promise<T> {
  const giveUpAt = performance.now() + deadlineMs
  for (;;) {
    const found = await probe()
    if (found !== undefined) return found
    if (performance.now() > giveUpAt) throw new Error(`${what}: not within ${deadlineMs} ms`)
    await wait(25)
  }
}
