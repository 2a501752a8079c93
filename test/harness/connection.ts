import { readFileSync } from 'node:fs'
import type { Connection } from '@user-provisioning/devstack/connection-file'

/** Reads the connection file anew: it is rewritten when a process is started again. */
export function readConnection(file: string): Connection {
  return JSON.parse(readFileSync(file, 'utf8')) as Connection
}
