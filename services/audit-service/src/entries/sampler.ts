/** Lets so many a second through and counts the rest, so that a flood costs little. */
export interface Sampler {
  /** Whether this one is let through; `omitted` is how many were not since the last that was. */
  take(): { readonly isKept: false } | { readonly isKept: true; readonly omitted: number }
}

/** @param clock milliseconds that only grow */
export function createSampler(perSecond: number, clock: () => number = () => performance.now()): Sampler {
  let allowance = perSecond
  let refilledAt = clock()
  let omitted = 0
  return {
    take() {
      const now = clock()
      allowance = Math.min(perSecond, allowance + ((now - refilledAt) / 1_000) * perSecond)
      refilledAt = now
      if (allowance < 1) {
        omitted++
        return { isKept: false }
      }
      allowance--
      const before = omitted
      omitted = 0
      return { isKept: true, omitted: before }
    },
  }
}
