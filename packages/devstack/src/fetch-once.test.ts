import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fetchOnce } from './fetch-once.ts'

let folder: string
let target: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fetch-'))
  target = join(folder, 'runtime')
})
afterEach(() => rm(folder, { recursive: true }))

test('several that want the same at once fetch it once and all have it whole', async () => {
  let fetched = 0
  let waiting = 0
  const produce = async (part: string) => {
    fetched += 1
    await writeFile(join(part, 'a'), 'half')
    await new Promise((resolve) => setTimeout(resolve, 20))
    await writeFile(join(part, 'b'), 'whole')
  }
  const want = async () => {
    const got = await fetchOnce(target, produce, { onWaiting: () => (waiting += 1) })
    return readFile(join(got, 'b'), 'utf8')
  }
  expect(await Promise.all([want(), want(), want()])).toEqual(['whole', 'whole', 'whole'])
  expect(fetched).toBe(1)
  expect(waiting).toBe(2)
  expect(await readdir(folder)).toEqual(['runtime'])
})

test('a fetch that fails leaves nothing behind, and the next one succeeds', async () => {
  const fail = async (part: string) => {
    await writeFile(join(part, 'a'), 'half')
    throw new Error('the line broke')
  }
  await expect(fetchOnce(target, fail)).rejects.toThrow('the line broke')
  expect(await readdir(folder)).toEqual([])
  await fetchOnce(target, (part) => writeFile(join(part, 'a'), 'whole'))
  expect(await readFile(join(target, 'a'), 'utf8')).toBe('whole')
})

test('the lock of a process that is gone is taken over', async () => {
  // Above the largest process id that Linux gives.
  await writeFile(`${target}.lock`, '4194305')
  await fetchOnce(target, (part) => writeFile(join(part, 'a'), 'whole'))
  expect(await readdir(folder)).toEqual(['runtime'])
})

test('waiting for another fetch ends when the start is broken off', async () => {
  await writeFile(`${target}.lock`, String(process.ppid))
  const stopping = new AbortController()
  const options = { signal: stopping.signal, onWaiting: () => stopping.abort(new Error('broken off')) }
  await expect(fetchOnce(target, async () => undefined, options)).rejects.toThrow('broken off')
})
