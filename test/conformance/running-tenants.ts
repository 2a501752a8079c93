import { readConnection } from '../harness/connection.ts'
import type { Tenant } from './exchange.ts'
import type { Target } from './run-case.ts'

/** The tenants named by a command's options: given by address, or the first two of a connection file; undefined where none is. */
export function runningTenants(options: {
  base?: string | undefined
  token: string
  base2?: string | undefined
  token2: string
  'connection-file': string
}): Target['tenants'] | undefined {
  const { base, token, base2, token2 } = options
  const given = [
    { tenantUrl: base, secretToken: token },
    { tenantUrl: base2, secretToken: token2 },
  ]
  const [first, second] = (base === undefined ? connected(options['connection-file']) : given).flatMap(
    ({ tenantUrl, secretToken }): Tenant[] =>
      tenantUrl === undefined ? [] : [{ url: tenantUrl.replace(/\/+$/, ''), token: secretToken }],
  )
  return first && (second ? [first, second] : [first])
}

function connected(file: string): { tenantUrl: string; secretToken: string }[] {
  try {
    return readConnection(file).scim
  } catch {
    return []
  }
}
