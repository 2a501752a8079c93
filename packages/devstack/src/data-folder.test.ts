import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeDataFolder } from './data-folder.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'data-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a folder that another live process has is refused in a sentence', async () => {
  await writeFile(join(folder, 'lock'), String(process.ppid))
  await expect(takeDataFolder(folder)).rejects.toThrow(`is in use by process ${process.ppid}. Stop that one`)
})

test('the lock of a process that is gone is taken over, and given back by release', async () => {
  await writeFile(join(folder, 'lock'), '4194305')
  const taken = await takeDataFolder(folder)
  expect(await readdir(folder)).toEqual(['lock'])
  await taken.release()
  expect(await readdir(folder)).toEqual([])
})

test('fresh throws away what earlier starts left, and nothing else', async () => {
  await mkdir(join(folder, 'mongod', 'data'), { recursive: true })
  await writeFile(join(folder, 'admin-token'), 'upat_')
  await writeFile(join(folder, 'notes.txt'), 'mine')
  await takeDataFolder(folder)
  await rm(join(folder, 'lock'))
  expect(await readdir(folder)).toContain('mongod')
  await takeDataFolder(folder, true)
  expect((await readdir(folder)).sort()).toEqual(['lock', 'notes.txt'])
})

test('without a path the folder is a temporary one, gone after release', async () => {
  const taken = await takeDataFolder(undefined)
  await taken.release()
  await expect(stat(taken.path)).rejects.toThrow('ENOENT')
})
