export interface LaneLimits {
  /** Pieces of work at once, of all lanes and of one. */
  readonly total: number
  readonly perLane: number
  /** How long a piece waits in a lane that moves on; by default as long as it takes. */
  readonly maxWaitMs?: number
  /** How many pieces wait in one lane; by default any number. */
  readonly maxWaiting?: number
}

/** Too much waits in this lane already, or it is too long until its turn. */
export class LaneFull extends Error {
  override readonly name = 'LaneFull'
}

interface Waiter {
  timer: NodeJS.Timeout | undefined
  begin(): void
  refuse(err: LaneFull): void
}

interface Lane {
  running: number
  finished: number
  readonly waiting: Waiter[]
}

/**
 * Runs work for many (a lane each) side by side: at most `total` at once, at most `perLane` of one lane, and the lanes that
 * wait take turns, so that one with slow or much work holds up nobody else. What waits holds nothing.
 */
export function fairLanes(limits: LaneLimits) {
  const { maxWaitMs, maxWaiting = Infinity } = limits
  const lanes = new Map<string, Lane>()
  /** Those that may begin something, in the order of their turns. */
  const ready = new Map<string, Lane>()
  let running = 0

  function startNext(): void {
    while (running < limits.total) {
      const next = ready.entries().next().value
      if (next === undefined) return
      const [name, lane] = next
      const waiter = lane.waiting.shift()
      lane.running++
      running++
      queueUp(name, lane)
      clearTimeout(waiter?.timer)
      waiter?.begin()
    }
  }

  /** Puts a lane at the end of the line, if it has something to begin. */
  function queueUp(name: string, lane: Lane): void {
    ready.delete(name)
    if (lane.waiting.length > 0 && lane.running < limits.perLane) ready.set(name, lane)
  }

  function refuseLate(name: string, lane: Lane, waiter: Waiter): void {
    const { finished } = lane
    waiter.timer = setTimeout(() => {
      // Nothing of this lane has ended meanwhile: what it waits for is stuck, not crowded, and will end by its own deadline.
      if (lane.finished === finished) return refuseLate(name, lane, waiter)
      lane.waiting.splice(lane.waiting.indexOf(waiter), 1)
      queueUp(name, lane)
      waiter.refuse(new LaneFull(`no turn within ${maxWaitMs} ms`))
    }, maxWaitMs)
  }

  /**
   * Waits for a turn.
   * @returns what ends it
   * @throws LaneFull
   */
  async function enter(name: string): Promise<() => void> {
    const lane = lanes.get(name) ?? { running: 0, finished: 0, waiting: [] }
    lanes.set(name, lane)
    if (lane.waiting.length >= maxWaiting) throw new LaneFull(`${maxWaiting} wait already`)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter: Waiter = { timer: undefined, begin: resolve, refuse: reject }
    lane.waiting.push(waiter)
    if (!ready.has(name)) queueUp(name, lane)
    startNext()
    if (maxWaitMs !== undefined && lane.waiting.includes(waiter)) refuseLate(name, lane, waiter)
    await promise
    return () => {
      lane.running--
      lane.finished++
      running--
      queueUp(name, lane)
      if (lane.running === 0 && lane.waiting.length === 0) lanes.delete(name)
      startNext()
    }
  }

  return {
    enter,
    /** Runs `work` when it is its turn. @throws LaneFull, and what the work throws */
    async run<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
      const leave = await enter(name)
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
