import { readFileSync } from 'node:fs'

/** What `npm start --connection-file` writes. */
export interface Connection {
  readonly scim: readonly { instanceId: string; tenantUrl: string; secretToken: string }[]
  readonly admin: { url: string; token: string }
  readonly consoleUrl: string | null
  readonly stores: { mongodbUri: string; kafkaBrokers: string }
  readonly processes: readonly { service: string; replica: number | string; pid: number }[]
}

/** Reads the connection file anew: it is rewritten when a process is started again. */
export function readConnection(file: string): Connection {
  return JSON.parse(readFileSync(file, 'utf8')) as Connection
}
