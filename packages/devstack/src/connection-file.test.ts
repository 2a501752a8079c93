import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type Connection,
  removeConnectionFile,
  removeStaleConnectionFile,
  writeConnectionFile,
} from './connection-file.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'connection-'))
  file = join(folder, 'connection.json')
})
afterEach(() => rm(folder, { recursive: true }))

function connection(pid: number): Connection {
  return {
    scim: [],
    admin: { url: 'http://127.0.0.1:8081', token: 'upat_x' },
    consoleUrl: null,
    stores: { mongodbUri: '', kafkaBrokers: '' },
    processes: [{ service: 'identity-service', replica: 'identity-service-1', pid }],
  }
}

test('only its owner reads it, also where a file that everybody could read was there before', async () => {
  await writeFile(file, 'old', { mode: 0o644 })
  await writeConnectionFile(file, connection(process.pid))
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readdir(folder)).toEqual(['connection.json'])
})

test('removing it twice is no fault', async () => {
  await writeConnectionFile(file, connection(process.pid))
  await removeConnectionFile(file)
  await removeConnectionFile(file)
  expect(await readdir(folder)).toEqual([])
})

test('what a killed start left behind is removed; the file of a running system and any other file stay', async () => {
  await writeConnectionFile(file, connection(process.ppid))
  await removeStaleConnectionFile(file)
  expect(await readdir(folder)).toEqual(['connection.json'])
  await writeConnectionFile(file, connection(4_194_305))
  await removeStaleConnectionFile(file)
  await removeStaleConnectionFile(file)
  expect(await readdir(folder)).toEqual([])
  await writeFile(file, '{"mine": true')
  await removeStaleConnectionFile(file)
  expect(await readdir(folder)).toEqual(['connection.json'])
})
