import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Connection } from './connection-file.ts'
import { type Constellation, type ConstellationOptions, startConstellation } from './constellation.ts'
import { isAlive } from './process-identity.ts'
import { waitUntil } from './wait-until.ts'

const servicesFolder = join(import.meta.dirname, '../fixtures/services')

let folder: string
let running: Constellation[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'constellation-'))
})
afterEach(async () => {
  await Promise.all(running.map((constellation) => constellation.stop()))
  running = []
  await rm(folder, { recursive: true, force: true })
})

async function start(options: Partial<ConstellationOptions> = {}): Promise<Constellation> {
  const stores = { mongodbUri: 'mongodb://127.0.0.1:1/', kafkaBrokers: '127.0.0.1:2', dataDir: folder }
  const constellation = await startConstellation({ stores, servicesFolder, ...options })
  running.push(constellation)
  return constellation
}

test('five processes run, each with its own environment, and are gone after stop', async () => {
  const constellation = await start({ env: { ENVIRONMENTS_FOLDER: folder } })
  const processes = constellation.processes()
  expect(processes.map(({ replica }) => replica)).toEqual([
    'scim-ingress-1',
    'identity-service-1',
    'mapping-service-1',
    'workflow-service-1',
    'audit-service-1',
  ])
  const environmentOf = async (replica: string) => JSON.parse(await readFile(join(folder, `${replica}.json`), 'utf8'))
  const identity = await environmentOf('identity-service-1')
  expect(identity).toMatchObject({ MONGODB_DATABASE: 'identity', KAFKA_BROKERS: '127.0.0.1:2', MANAGEMENT_PORT: '0' })
  expect(identity.BOOTSTRAP_ACCESS_TOKEN_HASH).toMatch(/^[0-9a-f]{64}$/)
  const ingress = await environmentOf('scim-ingress-1')
  expect(await readdir(ingress.SIGNING_KEYS_DIR)).toHaveLength(1)
  expect(ingress.HOST).toBe('127.0.0.1')
  expect(ingress.BOOTSTRAP_ACCESS_TOKEN_HASH).toBeUndefined()
  await constellation.stop()
  expect(processes.filter(({ pid }) => isAlive(pid))).toEqual([])
})

test('the connection file names everything, is for its owner alone, and is gone after stop', async () => {
  const connectionFile = join(folder, 'deep', 'connection.json')
  const constellation = await start({ connectionFile, instances: 2, replicas: { 'scim-ingress': 2 } })
  const written = JSON.parse(await readFile(connectionFile, 'utf8')) as Connection
  expect(written).toEqual(constellation.connection)
  expect(written.scim).toHaveLength(2)
  expect(written.scim[0]?.secretToken).toBe(`secret of ${written.scim[0]?.instanceId}`)
  expect(written.admin.token).toMatch(/^upat_/)
  expect(written.processes).toHaveLength(6)
  expect((await stat(connectionFile)).mode & 0o777).toBe(0o600)
  for (const secret of ['admin-token', 'instances.json'])
    expect((await stat(join(folder, secret))).mode & 0o777).toBe(0o600)
  await constellation.stop()
  await expect(stat(connectionFile)).rejects.toThrow('ENOENT')
})

test('a process that ends unasked runs again within a second and the connection file has its new id', async () => {
  const connectionFile = join(folder, 'connection.json')
  const trouble: string[] = []
  const constellation = await start({ connectionFile, onTrouble: (sentence) => trouble.push(sentence) })
  const pidOf = (connection: Pick<Connection, 'processes'>) =>
    connection.processes.find(({ service }) => service === 'identity-service')?.pid
  const before = pidOf(constellation.connection)
  await constellation.kill('identity-service')
  const rewritten = async () => {
    const pid = pidOf(JSON.parse(await readFile(connectionFile, 'utf8')))
    return pid !== undefined && pid !== before && isAlive(pid)
  }
  expect(await waitUntil(rewritten, 1_000)).toBe(true)
  await constellation.ready()
  expect(trouble).toEqual([expect.stringContaining('identity-service-1 ended unasked (SIGKILL)')])
})

test('a service taken down stays down until it is brought up', async () => {
  const constellation = await start()
  await constellation.down('mapping-service')
  expect(constellation.processes().some(({ service }) => service === 'mapping-service')).toBe(false)
  await constellation.up('mapping-service')
  expect(constellation.processes().some(({ service }) => service === 'mapping-service')).toBe(true)
})

test('secrets stay the same from start to start, and instances that are gone are made anew', async () => {
  const first = await start()
  await first.stop()
  const second = await start()
  expect(second.connection.admin.token).toBe(first.connection.admin.token)
  // The stand-in for the ingress forgets its instances.
  expect(second.connection.scim[0]?.instanceId).not.toBe(first.connection.scim[0]?.instanceId)
})

test('a port in use is refused in a sentence', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    await expect(start({ port })).rejects.toThrow(
      `The SCIM listener cannot have port ${port}: it is in use. Choose another one with --port`,
    )
  } finally {
    server.close()
  }
})

test('a service that does not come up is told with the end of its log, and nothing keeps running', async () => {
  const refused = start({ env: { REFUSES: 'audit-service-1', ENVIRONMENTS_FOLDER: folder } })
  await expect(refused).rejects.toThrow(
    /audit-service-1 ended while it started \(exit code 1\)[\s\S]*MONGODB_URI is not set/,
  )
  expect(await processesOf(folder)).toEqual([])
})

test('when the starter is killed, no service outlives it', async () => {
  const script = `
    import { startConstellation } from ${JSON.stringify(join(import.meta.dirname, 'constellation.ts'))}
    const stores = { mongodbUri: 'mongodb://127.0.0.1:1/', kafkaBrokers: '127.0.0.1:2', dataDir: process.argv[1] }
    const constellation = await startConstellation({ stores, servicesFolder: process.argv[2] })
    process.stdout.write(JSON.stringify(constellation.processes().map(({ pid }) => pid)))`
  const starter = spawn(process.execPath, ['--input-type=module', '-e', script, folder, servicesFolder])
  const [output] = await new Promise<Buffer[]>((resolve) => starter.stdout.once('data', (data) => resolve([data])))
  const pids: number[] = JSON.parse(String(output))
  expect(pids).toHaveLength(5)
  starter.kill('SIGKILL')
  expect(await waitUntil(() => !pids.some(isAlive), 5_000)).toBe(true)
})

/** The processes whose environment file in `folder` names them and that still live. */
async function processesOf(environments: string): Promise<string[]> {
  const files = (await readdir(environments)).filter((name) => /-\d\.json$/.test(name))
  const alive = await Promise.all(
    files.map(async (name) => {
      const { PROCESS_ID } = JSON.parse(await readFile(join(environments, name), 'utf8'))
      return isAlive(Number(PROCESS_ID)) ? [name] : []
    }),
  )
  return alive.flat()
}
