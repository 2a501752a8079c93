import { asyncModelRun, sample } from 'fast-check'
import { actions, type Real } from './actions.ts'
import { expectEqual, Model } from './model.ts'

interface DriveOptions {
  readonly seed: number
  readonly steps: number
  readonly crashes: boolean
  /** Compared with the system after about so many steps, and at the end. */
  readonly compareEvery?: number
  readonly onProgress?: (steps: number) => void
}

/**
 * Does random actions to a new instance and compares it with the model of what they come to.
 * @returns the model as it is at the end. @throws what differs
 */
export async function drive(real: Real, options: DriveOptions): Promise<Model> {
  const { seed, steps, crashes, compareEvery = 500, onProgress } = options
  const model = new Model()
  for (const [type, names] of [
    ['job-title', ['Engineer', 'Lead']],
    ['department', ['Harbour']],
  ] as const) {
    for (const name of names) await real.instance.admin('POST', '/objects', { type, name })
    model.objects.set(type, new Set(names))
  }
  for (let batch = 0; model.steps < steps; batch++) {
    const maxCommands = Math.min(compareEvery, steps - model.steps)
    const [commands] = sample(actions({ maxCommands, crashes }), { seed: seed + batch * 7_919, numRuns: 1 })
    if (commands === undefined) continue
    await asyncModelRun(() => ({ model, real }), commands)
    onProgress?.(model.steps)
    await real.settled()
    await expectEqual(model, real.instance)
  }
  return model
}
