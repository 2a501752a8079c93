import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { engineSocketPaths, findEngineSocket } from './engine-socket.ts'

let folder: string
let path: string
let server: Server
let asked: string[] = []
let pullEvents: object[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-'))
  path = join(folder, 'docker.sock')
  asked = []
  server = createServer((req, res) => {
    asked.push(`${req.method} ${req.url}`)
    if (req.url === '/_ping') return void res.end('OK')
    if (req.url === '/images/mongo:6.0.5/json') return void res.end('{}')
    if (req.url?.startsWith('/images/create')) {
      return void res.end(pullEvents.map((event) => `${JSON.stringify(event)}\n`).join(''))
    }
    res.writeHead(404).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
})
afterEach(async () => {
  server.close()
  await rm(folder, { recursive: true })
})

test('where no engine answers there is none', async () => {
  expect(await findEngineSocket([join(folder, 'absent.sock')])).toBeUndefined()
})

test('the first socket that answers is taken, and an image that is there is found', async () => {
  const engine = await findEngineSocket([join(folder, 'absent.sock'), path])
  expect(engine?.path).toBe(path)
  expect(await engine?.hasImage('mongo:6.0.5')).toBe(true)
  expect(await engine?.hasImage('apache/kafka:4.3.1')).toBe(false)
})

test('a pull tells what came so far and succeeds', async () => {
  pullEvents = [
    { status: 'Pulling', id: 'a', progressDetail: { current: 1_000_000, total: 2_000_000 } },
    { status: 'Pulling', id: 'b', progressDetail: { current: 500_000, total: 500_000 } },
  ]
  const told: string[] = []
  const engine = await findEngineSocket([path])
  expect(await engine?.pull('apache/kafka:4.3.1', (detail) => told.push(detail))).toBe(true)
  expect(told.at(-1)).toBe('1.5 MB')
  expect(asked).toContain('POST /images/create?fromImage=docker.io%2Fapache%2Fkafka&tag=4.3.1')
})

test('an engine that answers but cannot pull has not the image', async () => {
  pullEvents = [{ error: 'no such host: registry-1.docker.io' }]
  const engine = await findEngineSocket([path])
  expect(await engine?.pull('apache/kafka:4.3.1', () => undefined)).toBe(false)
})

test('DOCKER_HOST decides alone, and an engine on another machine is not looked for', () => {
  expect(engineSocketPaths({ DOCKER_HOST: 'unix:///run/mine.sock', HOME: '/home/a' })).toEqual(['/run/mine.sock'])
  expect(engineSocketPaths({ DOCKER_HOST: 'tcp://10.0.0.1:2375' })).toEqual([])
  expect(engineSocketPaths({})).toEqual(['/var/run/docker.sock'])
})
