import { mkdir, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { StartRefusal } from '@user-provisioning/runtime/start-refusal'
import { isAlive } from './process-identity.ts'
import { endLeftover } from './store-process.ts'

/** What lives in a data folder between starts, by name; nothing else in it is ever touched. */
export const dataNames = {
  mongod: 'mongod',
  kafka: 'kafka',
  recording: 'recording',
  ports: 'ports.json',
  logs: 'logs',
  signingKeys: 'signing-keys',
  adminToken: 'admin-token',
  instances: 'instances.json',
} as const

const temporaryPrefix = 'user-provisioning-stores-'

/** A folder for what lives between starts, held by this process until `release`. */
export interface DataFolder {
  path: string
  release(): Promise<void>
}

/**
 * Takes the data folder `path` for this process; refuses with a sentence while another live process has it. Without a
 * path it is a temporary folder, removed by `release`. `fresh` throws away what earlier starts left in it.
 */
export async function takeDataFolder(path: string | undefined, fresh = false): Promise<DataFolder> {
  if (path === undefined) {
    await sweepTemporaryFolders()
    const temporary = await mkdtemp(join(tmpdir(), temporaryPrefix))
    await writeLock(join(temporary, 'lock'))
    return { path: temporary, release: () => rm(temporary, { recursive: true, force: true }) }
  }
  const folder = resolve(path)
  const lock = join(folder, 'lock')
  await mkdir(folder, { recursive: true })
  while (!(await writeLock(lock))) {
    const owner = await ownerOf(lock)
    if (owner !== undefined) {
      throw new StartRefusal(
        `The data folder ${folder} is in use by process ${owner}. Stop that one (Ctrl-C), or take another folder with --data-dir.`,
      )
    }
    await rm(lock, { force: true })
  }
  if (fresh) await emptyFolder(folder)
  return { path: folder, release: () => rm(lock, { force: true }) }
}

async function emptyFolder(folder: string): Promise<void> {
  await Promise.all([dataNames.mongod, dataNames.kafka].map((store) => endLeftover(join(folder, store))))
  await Promise.all(Object.values(dataNames).map((name) => rm(join(folder, name), { recursive: true, force: true })))
}

/** Removes temporary folders whose process was killed before it could. */
async function sweepTemporaryFolders(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => [])
  for (const name of names.filter((candidate) => candidate.startsWith(temporaryPrefix))) {
    const folder = join(tmpdir(), name)
    const lock = await readFile(join(folder, 'lock'), 'utf8').catch(() => '')
    if (!(Number(lock) > 0) || isAlive(Number(lock))) continue
    await emptyFolder(folder)
    await rm(folder, { recursive: true, force: true })
  }
}

/** The live process that holds the lock; undefined when it is gone. */
async function ownerOf(lock: string): Promise<number | undefined> {
  const pid = Number(await readFile(lock, 'utf8').catch(() => ''))
  return pid > 0 && isAlive(pid) ? pid : undefined
}

async function writeLock(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx')
    await file.writeFile(String(process.pid))
    await file.close()
    return true
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw err
  }
}
