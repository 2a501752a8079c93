import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ServiceName } from '@user-provisioning/contracts/service-name'
import { isAlive } from './process-identity.ts'

/** Where a running system is reached and with what: what tests, benchmark and tools read. */
export interface Connection {
  scim: { instanceId: string; tenantUrl: string; secretToken: string }[]
  /** `url` is the listener's address; routes begin with `/admin/v1`. */
  admin: { url: string; token: string }
  consoleUrl: string | null
  stores: { mongodbUri: string; kafkaBrokers: string }
  /** `replica` is the REPLICA_ID of the process. */
  processes: { service: ServiceName; replica: string; pid: number }[]
}

/**
 * Writes the connection to `file` in one step, readable by its owner alone since it holds secrets. The folder is made
 * when it is not there.
 */
export async function writeConnectionFile(file: string, connection: Connection): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const part = `${file}.${process.pid}.part`
  await rm(part, { force: true })
  await writeFile(part, `${JSON.stringify(connection, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  await rename(part, file)
}

/**
 * Removes a connection file whose processes are all gone: its start was killed before it could. One of a system that runs
 * stays.
 */
export async function removeStaleConnectionFile(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return
  let processes: Connection['processes'] = []
  try {
    processes = (JSON.parse(text) as Connection).processes
  } catch {
    // Not a connection file: whoever named it as one is told when it is written.
    return
  }
  if (!processes.some(({ pid }) => isAlive(pid))) await removeConnectionFile(file)
}

/** Removes the connection file; nothing happens when there is none. */
export async function removeConnectionFile(file: string): Promise<void> {
  await rm(file, { force: true })
}
