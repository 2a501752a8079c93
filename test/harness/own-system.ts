import { mkdtemp, rm } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Constellation,
  type ConstellationOptions,
  startConstellation,
} from '@user-provisioning/devstack/constellation'
import { type Stores, startStores } from '@user-provisioning/devstack/stores'

export interface OwnSystem {
  readonly stores: Stores
  readonly connectionFile: string
  /** Starts the five services on the stores. */
  start(options?: Pick<ConstellationOptions, 'replicas' | 'instances'>): Promise<Constellation>
}

/**
 * Runs `work` on stores and services of its own, in a temporary folder. Whatever happens, they are stopped and the folder
 * is removed at the end; an interrupt (SIGINT, SIGTERM) is such an end too, and of the process: status 130, 143.
 */
export async function withOwnSystem<T>(
  name: string,
  options: { fullSpeed?: boolean },
  work: (system: OwnSystem) => Promise<T>,
): Promise<T> {
  const interrupt = new AbortController()
  const interrupted = new Promise<never>((_, reject) => {
    interrupt.signal.addEventListener('abort', () => reject(interrupt.signal.reason))
  })
  const undo = new AsyncDisposableStack()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const onSignal = () => interrupt.abort(signal)
    process.once(signal, onSignal)
    undo.defer(() => void process.off(signal, onSignal))
  }
  /** What is still starting when the end comes is waited for, then stopped. */
  const started = <S extends { stop(): Promise<void> }>(starting: Promise<S>): Promise<S> => {
    undo.defer(async () => (await starting.catch(() => undefined))?.stop())
    return starting
  }
  async function whole(): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), `user-provisioning-${name}-`))
    undo.defer(() => rm(folder, { recursive: true, force: true }))
    const { signal } = interrupt
    const stores = await started(startStores({ dataDir: join(folder, 'data'), signal, ...options }))
    const connectionFile = join(folder, 'connection.json')
    return work({
      stores,
      connectionFile,
      start: (more) => started(startConstellation({ stores, connectionFile, port: 0, adminPort: 0, signal, ...more })),
    })
  }
  try {
    return await Promise.race([whole(), interrupted])
  } finally {
    await undo.disposeAsync()
    if (interrupt.signal.aborted) process.exit(128 + constants.signals[interrupt.signal.reason as NodeJS.Signals])
  }
}
