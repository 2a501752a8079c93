import { expect, test } from 'vitest'
import { parseStartOptions } from './start-options.ts'

test('without arguments there is one instance on the two known ports', () => {
  expect(parseStartOptions([])).toEqual({
    instances: 1,
    replicas: {},
    port: 8080,
    adminPort: 8081,
    dataDir: '.data',
    connectionFile: undefined,
    fresh: false,
    fullSpeed: false,
    help: false,
  })
})

test('each option is read, and --replicas may be repeated or hold a list', () => {
  const args = '--instances 20 --replicas identity-service=2 --replicas scim-ingress=3,audit-service=2 --port 0'
  const more = '--admin-port 9001 --data-dir d --connection-file c.json --fresh --full-speed -h'
  expect(parseStartOptions(`${args} ${more}`.split(' '))).toEqual({
    instances: 20,
    replicas: { 'identity-service': 2, 'scim-ingress': 3, 'audit-service': 2 },
    port: 0,
    adminPort: 9001,
    dataDir: 'd',
    connectionFile: 'c.json',
    fresh: true,
    fullSpeed: true,
    help: true,
  })
})

test.each([
  [['--instances', '0'], '--instances wants a whole number from 1 to 1000, not 0.'],
  [['--instances', ''], '--instances wants a whole number from 1 to 1000, not nothing.'],
  [['--port', '1e3'], '--port wants a whole number from 0 to 65535, not 1e3.'],
  [['--admin-port', '70000'], '--admin-port wants a whole number from 0 to 65535, not 70000.'],
  [['--replicas', 'identity=2'], '--replicas identity=2: there is no service identity. Services: scim-ingress,'],
  [['--replicas', 'audit-service'], '--replicas audit-service wants a whole number from 1 to 20, not nothing.'],
  [['--detach'], "Unknown option '--detach'. npm start -- --help lists the options."],
  [['now'], "Unexpected argument 'now'"],
])('a wrong option is named in a sentence: %j', (args, sentence) => {
  expect(() => parseStartOptions(args)).toThrow(sentence)
})
