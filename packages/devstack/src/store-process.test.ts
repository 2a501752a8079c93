import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isAlive } from './process-identity.ts'
import { type StoreProcess, type StoreProcessOptions, storeProcess } from './store-process.ts'
import { waitUntil } from './wait-until.ts'

let folder: string
let store: StoreProcess | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'))
})
afterEach(async () => {
  await store?.stop()
  await rm(folder, { recursive: true, force: true })
})

function options(script: string, more: Partial<StoreProcessOptions> = {}): StoreProcessOptions {
  return {
    name: 'Store',
    folder,
    // The folder is in the command line, as it is in that of the real stores.
    command: async () => ({ file: '/bin/sh', args: ['-c', script, folder] }),
    ready: async () => true,
    readyTimeoutMs: 5_000,
    stopTimeLimitMs: 2_000,
    ...more,
  }
}
const sleeping = 'exec sleep 60'

test('a store that is killed stays down until it is started again', async () => {
  store = storeProcess(options(sleeping))
  await store.start()
  const first = store.pid ?? 0
  expect(isAlive(first)).toBe(true)
  await store.kill()
  expect(isAlive(first)).toBe(false)
  expect(store.pid).toBeUndefined()
  await store.start()
  expect(store.pid).not.toBe(first)
})

test('a store that ends unasked is started again and that is told', async () => {
  const trouble: string[] = []
  store = storeProcess(options(sleeping, { onTrouble: (sentence) => trouble.push(sentence) }))
  await store.start()
  const first = store.pid ?? 0
  process.kill(first, 'SIGKILL')
  expect(await waitUntil(() => store?.pid !== undefined && store.pid !== first, 2_000)).toBe(true)
  expect(trouble).toEqual([expect.stringContaining('Store ended unasked and is started again')])
})

test('a store that ignores SIGTERM is killed past the limit', async () => {
  store = storeProcess(options("trap '' TERM; while :; do sleep 0.05; done", { stopTimeLimitMs: 200 }))
  await store.start()
  const pid = store.pid ?? 0
  await store.stop()
  expect(isAlive(pid)).toBe(false)
})

test('a store that ends while it starts is told with the end of its log', async () => {
  const ready = async () => false
  store = storeProcess(options('echo "no room on the disk" >&2; exit 3', { ready }))
  await expect(store.start()).rejects.toThrow(/Store ended while it started\.[\s\S]*no room on the disk/)
  expect(store.pid).toBeUndefined()
})

test('when the starter is killed, the store ends', async () => {
  const script = `
    import { storeProcess } from ${JSON.stringify(join(import.meta.dirname, 'store-process.ts'))}
    const store = storeProcess({ name: 'Store', folder: process.argv[1], ready: async () => true, readyTimeoutMs: 5000,
      stopTimeLimitMs: 2000, command: async () => ({ file: 'sleep', args: ['60'] }) })
    await store.start()
    process.stdout.write(String(store.pid))
    setInterval(() => {}, 1000)`
  const starter = spawn(process.execPath, ['--input-type=module', '-e', script, folder])
  const pid = await new Promise<number>((resolve) => starter.stdout.once('data', (data) => resolve(Number(data))))
  expect(isAlive(pid)).toBe(true)
  starter.kill('SIGKILL')
  expect(await waitUntil(() => !isAlive(pid), 5_000)).toBe(true)
})

test('what an earlier start left running is ended first, but never another program that has its process id', async () => {
  const leftover = spawn('/bin/sh', ['-c', 'while :; do sleep 0.05; done', folder])
  const stranger = spawn('sleep', ['60'])
  try {
    await writeFile(join(folder, 'pid'), String(leftover.pid))
    store = storeProcess(options(sleeping))
    await store.start()
    await waitUntil(() => leftover.signalCode !== null, 1_000)
    expect(leftover.signalCode).toBe('SIGTERM')
    await store.stop()
    await writeFile(join(folder, 'pid'), String(stranger.pid))
    await store.start()
    expect(stranger.signalCode).toBeNull()
    expect(await readFile(join(folder, 'pid'), 'utf8')).toBe(String(store.pid))
  } finally {
    leftover.kill('SIGKILL')
    stranger.kill()
  }
})
