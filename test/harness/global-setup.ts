import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startConstellation } from '@user-provisioning/devstack/constellation'
import { startStores } from '@user-provisioning/devstack/stores'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    connectionFile: string
  }
}

/** Brings the whole system up once per run; tests keep apart by instances of their own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await using starting = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'user-provisioning-test-'))
  starting.defer(() => rm(folder, { recursive: true, force: true }))
  const connectionFile = join(folder, 'connection.json')
  const stores = await startStores({ dataDir: join(folder, 'data') })
  starting.defer(() => stores.stop())
  const constellation = await startConstellation({ stores, connectionFile, port: 0, adminPort: 0, logLevel: 'debug' })
  starting.defer(() => constellation.stop())
  project.provide('connectionFile', connectionFile)
  const running = starting.move()
  return () => running.disposeAsync()
}
