import { expect, test } from 'vitest'
import type { Connection } from './connection-file.ts'
import { connectionText } from './connection-text.ts'

const places = { connectionFile: '.data/connection.json', dataDir: '.data', tookMs: 6_240, terminal: false }

function connection(instances: number): Connection {
  return {
    scim: Array.from({ length: instances }, (_, n) => ({
      instanceId: `${n}`,
      tenantUrl: `http://127.0.0.1:8080/instances/${n}/scim/v2`,
      secretToken: `secret-${n}`,
    })),
    admin: { url: 'http://127.0.0.1:8081', token: 'upat_x' },
    consoleUrl: null,
    stores: { mongodbUri: '', kafkaBrokers: '' },
    processes: [],
  }
}

test('one instance: all that a person needs, and two commands that can be pasted', () => {
  const text = connectionText(connection(1), places)
  expect(text).toContain('Ready in 6.2 s.')
  expect(text).toContain('  Tenant URL    http://127.0.0.1:8080/instances/0/scim/v2\n  Secret Token  secret-0\n')
  expect(text).toContain('  Admin API     http://127.0.0.1:8081/admin/v1\n  Admin token   upat_x\n')
  expect(text).toContain(`curl -sS 'http://127.0.0.1:8080/instances/0/scim/v2/Users'`)
  expect(text).toContain('simulate -- --users 200 --groups 5 --connection-file .data/connection.json')
})

test('twenty instances: as short as one, with the place of the others', () => {
  const text = connectionText(connection(20), places)
  expect(text).toContain('and 19 more instances, with their tokens, in .data/connection.json')
  expect(text).not.toContain('secret-1')
  expect(text.split('\n').length).toBe(connectionText(connection(1), places).split('\n').length + 1)
})
