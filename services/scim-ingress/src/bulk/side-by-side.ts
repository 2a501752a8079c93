/**
 * Why two works must not run at the same time: they hold the same key in different ways, or both of them `alone`. Those that
 * hold it in the same other way do not mind each other.
 */
export type Holds = ReadonlyMap<string, string>

export const alone = 'alone'

/** Runs works in the order in which they begin where they share a key, else up to `limit` at a time. */
export interface SideBySide {
  /**
   * Runs a work once those before it that mind it have ended and a place is free. It must not throw. Where it answers false it
   * is run a second time, after everybody before it that holds a key of its own in the same way.
   */
  begin(holds: Holds, work: (isLast: boolean) => Promise<boolean>): void
  /** Once everything that was begun has ended. */
  ended(): Promise<void>
}

/** Those that hold a key in one way, from the first until another way is asked for. */
interface Phase {
  readonly way: string
  readonly before: Promise<unknown>
  /** The last of them, and with it all before it. */
  last: Promise<unknown>
}

const nothing = Promise.resolve()

export function sideBySide(limit: number): SideBySide {
  const phases = new Map<string, Phase>()
  const waiting: (() => void)[] = []
  let free = limit
  let all: Promise<unknown> = nothing

  async function inPlace(work: () => Promise<boolean>): Promise<boolean> {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }

  async function run(before: Promise<unknown>, peers: Promise<unknown>, work: (isLast: boolean) => Promise<boolean>) {
    await before
    if (await inPlace(() => work(false))) return
    await peers
    await inPlace(() => work(true))
  }

  return {
    begin(holds, work) {
      const joined = [...holds].map(([key, way]) => {
        const current = phases.get(key)
        if (current !== undefined && current.way === way && way !== alone) return current
        const phase = { way, before: current?.last ?? nothing, last: nothing }
        phases.set(key, phase)
        return phase
      })
      const peers = Promise.all(joined.map(({ last }) => last))
      const running = run(Promise.all(joined.map(({ before }) => before)), peers, work)
      for (const phase of joined) phase.last = Promise.all([phase.last, running])
      all = Promise.all([all, running])
    },
    async ended() {
      await all
    },
  }
}
