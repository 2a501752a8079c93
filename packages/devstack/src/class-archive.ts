import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { KafkaRuntime } from './kafka-runtime.ts'
import { localKafka } from './local-kafka.ts'
import { choosePort } from './ports.ts'

/**
 * Records the classes that a broker loads into Java's class archive, which takes a good second off every later start: runs
 * a broker of its own in `folder`, at low priority, and ends it in order (Java writes the archive then, for some seconds).
 * Nothing happens when the archive is there. A recording that was broken off leaves nothing behind.
 */
export async function recordClassArchive(runtime: KafkaRuntime, folder: string, signal: AbortSignal): Promise<void> {
  if (existsSync(runtime.classArchive)) return
  const part = join(folder, 'classes.jsa')
  const port = await choosePort()
  const broker = localKafka({
    runtime,
    lowPriority: true,
    folder,
    port,
    controllerPort: await choosePort(new Set([port])),
    recordClassesTo: part,
    stopTimeLimitMs: 30_000,
  })
  const breakOff = () => void broker.kill()
  signal.addEventListener('abort', breakOff)
  try {
    if (signal.aborted) return
    await broker.start()
    if (signal.aborted) return
    await broker.stop()
    if (!signal.aborted && existsSync(part)) await rename(part, runtime.classArchive)
  } finally {
    await broker.kill()
    signal.removeEventListener('abort', breakOff)
    await rm(folder, { recursive: true, force: true })
  }
}
