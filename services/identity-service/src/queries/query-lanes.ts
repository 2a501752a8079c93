/**
 * Runs work for many instances side by side: at most `total` at once, at most `perLane` of one instance, and the instances
 * that wait take turns, so that one with slow filters holds up nobody else. What waits holds nothing.
 */
export function queryLanes(limits: { readonly total: number; readonly perLane: number }) {
  const lanes = new Map<string, { running: number; readonly waiting: (() => void)[] }>()
  let running = 0

  function startNext(): void {
    while (running < limits.total) {
      const next = [...lanes].find(([, lane]) => lane.waiting.length > 0 && lane.running < limits.perLane)
      const begin = next?.[1].waiting.shift()
      if (next === undefined || begin === undefined) return
      next[1].running++
      running++
      begin()
    }
  }

  return {
    async run<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
      const lane = lanes.get(name) ?? { running: 0, waiting: [] }
      lanes.set(name, lane)
      const { promise, resolve } = Promise.withResolvers<void>()
      lane.waiting.push(resolve)
      startNext()
      await promise
      try {
        return await work()
      } finally {
        lane.running--
        running--
        lanes.delete(name)
        // Served last, so at the end of the line.
        if (lane.running > 0 || lane.waiting.length > 0) lanes.set(name, lane)
        startNext()
      }
    },
  }
}
