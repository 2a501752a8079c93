import type { Connection } from './connection-file.ts'

/** Where things are, as a person would type it. */
export interface ConnectionPlaces {
  connectionFile: string
  dataDir: string
  tookMs: number
  /** Bold headings. */
  terminal: boolean
}

/** What a person reads when all is up: where to connect, with what, and two commands to try next. */
export function connectionText(connection: Connection, places: ConnectionPlaces): string {
  const bold = (text: string) => (places.terminal ? `\x1b[1m${text}\x1b[0m` : text)
  const [first, ...others] = connection.scim
  const lines = ['', bold(`Ready in ${(places.tookMs / 1000).toFixed(1)} s.`), '']
  if (first !== undefined) lines.push(`  Tenant URL    ${first.tenantUrl}`, `  Secret Token  ${first.secretToken}`)
  if (others.length > 0) {
    const more = others.length === 1 ? 'one more instance' : `${others.length} more instances`
    lines.push(`                and ${more}, with their tokens, in ${places.connectionFile}`)
  }
  lines.push(`  Admin API     ${connection.admin.url}/admin/v1`, `  Admin token   ${connection.admin.token}`)
  if (first !== undefined) {
    const user = {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: 'nora@acme.test',
      displayName: 'Nora Quist',
      title: 'Engineer',
      active: true,
    }
    lines.push(
      '',
      bold('Create a user, then let a simulated Entra ID provision 200 (in another terminal):'),
      '',
      `  curl -sS '${first.tenantUrl}/Users' \\`,
      `    -H 'Authorization: Bearer ${first.secretToken}' \\`,
      `    -H 'Content-Type: application/scim+json' \\`,
      `    -d '${JSON.stringify(user)}'`,
      '',
      `  npm run -s simulate -- --users 200 --groups 5 --connection-file ${places.connectionFile}`,
    )
  }
  lines.push(
    '',
    `Ctrl-C stops everything. Data stays in ${places.dataDir} (--fresh throws it away); logs: ${places.dataDir}/logs`,
  )
  return lines.join('\n')
}
