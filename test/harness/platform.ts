import { inject } from 'vitest'
import { readConnection } from './connection.ts'
import { newInstance, type TestInstance } from './instance.ts'
import { type Observer, openObserver } from './settled.ts'

let observer: Promise<Observer> | undefined

/** The running system, as a test file sees it. */
export const platform = {
  connection: () => readConnection(inject('connectionFile')),
  /** An instance with a connector, for this test alone. */
  instance: (): Promise<TestInstance> => newInstance(platform.connection()),
  /** Waits until no work is in flight anywhere. */
  async settled(): Promise<void> {
    observer ??= openObserver(platform.connection())
    await (await observer).settled()
  },
  /** SIGKILL of one replica (from 0); it is started again by itself. */
  kill(service: string, replica: number): void {
    const processes = platform.connection().processes.filter((process) => process.service === service)
    const pid = processes[replica]?.pid
    if (pid === undefined) throw new Error(`${service} has no replica ${replica}`)
    process.kill(pid, 'SIGKILL')
  },
}
