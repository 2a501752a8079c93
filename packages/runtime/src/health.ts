/** What a check answers: nothing or true when it is well, false or a sentence when it is not. */
export type CheckResult = boolean | string | undefined

/** What a service tells about itself; the management port answers from it. */
export interface Health {
  /** Something that must be `ready` before the process counts as started. */
  expect(name: string): void
  ready(name: string): void
  /** A condition for taking work, asked for at each /readyz: a dependency answers, a state is read. */
  check(name: string, ask: () => CheckResult | Promise<CheckResult>): void
  /**
   * A loop that must move for the process to count as alive. `progressAt` gives the time (ms since 1970) when it last
   * went round, whether or not there was work: a store that is down must not stop it, or the process would be killed for it.
   */
  progress(name: string, progressAt: () => number, maxAgeMs: number): void
  /** Members of /status. */
  status(read: () => Record<string, unknown> | Promise<Record<string, unknown>>): void
}

export interface Verdict {
  readonly ok: boolean
  /** What is not well, by name. */
  readonly faults: Readonly<Record<string, string>>
}

/** The answering side of `Health`. */
export interface HealthBook extends Health {
  started(): void
  stopping(): void
  live(): Verdict
  startup(): Verdict
  readiness(): Promise<Verdict>
  readStatus(): Promise<Record<string, unknown>>
}

const checkTimeoutMs = 2_000

export function createHealth(clock: () => number = Date.now): HealthBook {
  const expected = new Set<string>(['start'])
  const checks = new Map<string, () => CheckResult | Promise<CheckResult>>()
  const loops = new Map<string, { progressAt: () => number; maxAgeMs: number }>()
  const statuses: (() => Record<string, unknown> | Promise<Record<string, unknown>>)[] = []
  let isStopping = false

  const startupFaults = () => Object.fromEntries([...expected].map((name) => [name, 'not ready yet']))

  return {
    expect: (name) => void expected.add(name),
    ready: (name) => void expected.delete(name),
    check: (name, ask) => void checks.set(name, ask),
    progress: (name, progressAt, maxAgeMs) => void loops.set(name, { progressAt, maxAgeMs }),
    status: (read) => void statuses.push(read),
    started: () => void expected.delete('start'),
    stopping: () => {
      isStopping = true
    },
    live() {
      const faults: Record<string, string> = {}
      for (const [name, { progressAt, maxAgeMs }] of loops) {
        const ageMs = clock() - progressAt()
        if (ageMs > maxAgeMs) faults[name] = `stands still for ${Math.round(ageMs / 1000)} s`
      }
      return verdict(faults)
    },
    startup: () => verdict(startupFaults()),
    async readiness() {
      const faults: Record<string, string> = startupFaults()
      if (isStopping) faults.process = 'is stopping'
      await Promise.all(
        [...checks].map(async ([name, ask]) => {
          const result = await answerOf(ask)
          if (result !== true && result !== undefined) faults[name] = result === false ? 'is not well' : result
        }),
      )
      return verdict(faults)
    },
    async readStatus() {
      const parts = await Promise.all(statuses.map((read) => read()))
      return Object.assign({}, ...parts) as Record<string, unknown>
    },
  }
}

function verdict(faults: Record<string, string>): Verdict {
  return { ok: Object.keys(faults).length === 0, faults }
}

async function answerOf(ask: () => CheckResult | Promise<CheckResult>): Promise<CheckResult> {
  const { promise: late, resolve } = Promise.withResolvers<CheckResult>()
  const timer = setTimeout(() => resolve(`did not answer within ${checkTimeoutMs} ms`), checkTimeoutMs)
  try {
    return await Promise.race([ask(), late])
  } catch (err) {
    return err instanceof Error ? err.message : String(err)
  } finally {
    clearTimeout(timer)
  }
}
