import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { choosePort, isFree, rememberPorts } from './ports.ts'

let folder: string
const servers: Server[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ports-'))
})
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  await rm(folder, { recursive: true })
})

async function occupy(port: number, host: string): Promise<void> {
  const server = createServer()
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
}

test('a chosen port is free and below the range of outgoing connections', async () => {
  const port = await choosePort()
  expect(port).toBeGreaterThanOrEqual(20_000)
  expect(port).toBeLessThan(32_768)
  expect(await isFree(port)).toBe(true)
})

test.each(['127.0.0.1', '0.0.0.0', '127.0.0.2'])('a port that somebody listens on at %s is not free', async (host) => {
  const port = await choosePort()
  await occupy(port, host)
  expect(await isFree(port)).toBe(false)
})

test('the ports of the last start are taken again, but for one that somebody else has by now', async () => {
  const file = join(folder, 'ports.json')
  const first = await rememberPorts(file, ['mongodb', 'kafka'])
  expect(first.mongodb).not.toBe(first.kafka)
  expect(await rememberPorts(file, ['mongodb', 'kafka'])).toEqual(first)
  await occupy(first.kafka, '127.0.0.1')
  const third = await rememberPorts(file, ['mongodb', 'kafka'])
  expect(third.mongodb).toBe(first.mongodb)
  expect(third.kafka).not.toBe(first.kafka)
})

test('a file of ports that cannot be read is replaced', async () => {
  const file = join(folder, 'ports.json')
  await writeFile(file, '{"mongodb":')
  const { mongodb } = await rememberPorts(file, ['mongodb'])
  expect(await rememberPorts(file, ['mongodb'])).toEqual({ mongodb })
})
