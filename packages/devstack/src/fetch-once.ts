import { existsSync } from 'node:fs'
import { mkdtemp, open, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isAlive } from './process-identity.ts'

const lookEveryMs = 100

export interface FetchOptions {
  signal?: AbortSignal | undefined
  /** Told once when another process is already fetching the same. */
  onWaiting?: () => void
}

/**
 * Gives `target`, a folder that is either whole or not there. Where it is not there, `produce` fills a folder beside it,
 * which is then renamed. Of several processes that want the same one fetches and the others wait for it; a lock whose
 * process is gone is taken over.
 */
export async function fetchOnce(
  target: string,
  produce: (folder: string) => Promise<void>,
  options: FetchOptions = {},
): Promise<string> {
  const lock = `${target}.lock`
  let told = false
  while (!existsSync(target)) {
    options.signal?.throwIfAborted()
    if (!(await takeLock(lock))) {
      if (!told) options.onWaiting?.()
      told = true
      await delay(lookEveryMs)
      continue
    }
    try {
      if (existsSync(target)) break
      const part = await mkdtemp(join(dirname(target), `.${basename(target)}-`))
      try {
        await produce(part)
        await rename(part, target)
      } finally {
        await rm(part, { recursive: true, force: true })
      }
    } finally {
      await rm(lock, { force: true })
    }
  }
  return target
}

/** Takes the lock file, also from an owner that is gone. False: somebody alive has it. */
async function takeLock(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx')
    await file.writeFile(String(process.pid))
    await file.close()
    return true
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err
  }
  const owner = Number(await readFile(lock, 'utf8').catch(() => ''))
  if (owner > 0 && !isAlive(owner)) {
    // Renaming succeeds for one of several that find the same dead owner.
    const stale = `${lock}.${process.pid}`
    await rename(lock, stale).catch(() => undefined)
    await rm(stale, { force: true })
  }
  return false
}
