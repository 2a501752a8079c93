import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { StartRefusal } from '@user-provisioning/runtime/start-refusal'

/** Reads `file` and refuses the start when its sha256 is not `sha256` (hex), or when it is not there. */
export async function verifyChecksum(file: string, sha256: string): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash).catch((err: NodeJS.ErrnoException) => {
    if (err.code !== 'ENOENT') throw err
    throw new StartRefusal(
      `The download did not bring ${basename(file)}. Try again; a package mirror may be incomplete.`,
    )
  })
  const actual = hash.digest('hex')
  if (actual !== sha256) {
    throw new StartRefusal(
      `The checksum of ${basename(file)} is wrong: sha256 ${actual} instead of ${sha256}. It was not used. Try again; a mirror may have served something else.`,
    )
  }
}
