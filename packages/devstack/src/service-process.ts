import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ServiceName } from '@user-provisioning/contracts/service-name'
import { StartRefusal } from '@user-provisioning/runtime/start-refusal'
import { lastLines } from './wheel.ts'

export interface ServiceProcessOptions {
  service: ServiceName
  /** The REPLICA_ID. */
  replica: string
  /** The file that is run. */
  main: string
  env: NodeJS.ProcessEnv
  logsFolder: string
  /** Told whenever there is a new process id. */
  onStarted(): void
  onTrouble(sentence: string): void
}

/** One replica of a service as a child process, started again whenever it ends unasked. */
export interface ServiceProcess {
  readonly service: ServiceName
  readonly replica: string
  readonly pid: number | undefined
  readonly managementPort: number | undefined
  /** Resolves when the running process has said that it is ready. Rejects with StartRefusal when it ends before. */
  start(): Promise<void>
  /** Resolves when whatever runs now, or is started again, is ready. */
  ready(): Promise<void>
  /** Ends the process with SIGKILL and resolves when it is gone; it is then started again like after any crash. */
  kill(): Promise<void>
  /** Stops it in order, by SIGKILL past the limit; it stays down until start(). */
  stop(timeLimitMs: number): Promise<void>
}

const readyTimeoutMs = 90_000
const firstRestartAfterMs = 100
const lastRestartAfterMs = 800
/** A process that lived this long is not one that crashes at its start. */
const healthyAfterMs = 10_000

/** Prepares a service process; `start()` runs it. */
export function serviceProcess(options: ServiceProcessOptions): ServiceProcess {
  const log = join(options.logsFolder, `${options.replica}.log`)
  let child: ChildProcess | undefined
  let managementPort: number | undefined
  let readiness = Promise.withResolvers<void>()
  let isReady = false
  /** It is started again when it ends: from when it is ready until it is stopped. */
  let wanted = false
  let isStopped = false
  let crashesInARow = 0
  let logOffset = 0

  async function launch(): Promise<ChildProcess> {
    const logFile = await open(log, 'a')
    logOffset = (await logFile.stat()).size
    const launched = fork(options.main, [], {
      env: options.env,
      // Node's default of 16 MB for young objects, twice, is what an idle service then keeps.
      execArgv: ['--max-semi-space-size=4'],
      // A session of its own: Ctrl-C in the terminal reaches the starter alone, which stops everything in order.
      detached: true,
      stdio: ['ignore', logFile.fd, logFile.fd, 'ipc'],
    })
    await logFile.close()
    const startedAt = Date.now()
    child = launched
    isReady = false
    managementPort = undefined
    launched.on('message', (message) => {
      if (!isReadyMessage(message)) return
      managementPort = message.managementPort
      isReady = true
      readiness.resolve()
    })
    launched.once('error', (err) => options.onTrouble(`${options.replica} cannot be run: ${err.message}`))
    launched.once('exit', (code, signal) => {
      if (child !== launched) return
      child = undefined
      if (isReady) readiness = Promise.withResolvers<void>()
      isReady = false
      if (!wanted) return
      crashesInARow = Date.now() - startedAt > healthyAfterMs ? 0 : crashesInARow + 1
      void restart(signal ?? `exit code ${code}`)
    })
    options.onStarted()
    return launched
  }

  async function restart(how: string): Promise<void> {
    options.onTrouble(`${options.replica} ended unasked (${how}) and is started again; its log: ${log}`)
    await delay(Math.min(firstRestartAfterMs * 2 ** (crashesInARow - 1), lastRestartAfterMs))
    if (wanted && child === undefined) await launch()
  }

  async function start(): Promise<void> {
    if (child !== undefined) return readiness.promise
    await mkdir(dirname(log), { recursive: true })
    crashesInARow = 0
    isStopped = false
    const launched = await launch()
    const ended = once(launched, 'exit').then(async ([code, signal]) => {
      throw new StartRefusal(
        `${options.replica} ended while it started (${signal ?? `exit code ${code}`}). The end of its log, ${log}:\n${await tail()}`,
      )
    })
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(async () => {
      const sentence = `${options.replica} is not ready after ${readyTimeoutMs / 1000} s. The end of its log, ${log}:`
      late.reject(new StartRefusal(`${sentence}\n${await tail()}`))
    }, readyTimeoutMs)
    try {
      await Promise.race([readiness.promise, ended, late.promise])
      // It may have been stopped meanwhile, since another one did not come up.
      wanted = !isStopped
    } finally {
      clearTimeout(timer)
      ended.catch(() => undefined)
    }
    // It may have ended between the two lines above.
    if (wanted && child === undefined) await restart('right after it was ready')
  }

  async function tail(): Promise<string> {
    const text = await readFile(log, 'utf8').catch(() => '')
    const recent = text.slice(Math.min(logOffset, text.length))
    return lastLines(recent.trim() === '' ? '(nothing was logged)' : recent, 20)
  }

  async function end(signal: NodeJS.Signals, timeLimitMs: number): Promise<void> {
    const ending = child
    if (ending === undefined) return
    const ended = once(ending, 'exit')
    ending.kill(signal)
    const inTime = await Promise.race([ended.then(() => true), delay(timeLimitMs, false, { ref: false })])
    if (!inTime) ending.kill('SIGKILL')
    await ended
  }

  return {
    service: options.service,
    replica: options.replica,
    get pid() {
      return child?.pid
    },
    get managementPort() {
      return managementPort
    },
    start,
    ready: () => readiness.promise,
    kill: () => end('SIGKILL', 1_000),
    stop(timeLimitMs) {
      isStopped = true
      wanted = false
      return end('SIGTERM', timeLimitMs)
    },
  }
}

/** Puts the logs of the last start aside, as `<name>.log.1`. */
export async function rotateLogs(files: readonly string[]): Promise<void> {
  await Promise.all(
    files.map((file) => rename(file, join(dirname(file), `${basename(file)}.1`)).catch(() => undefined)),
  )
}

function isReadyMessage(message: unknown): message is { type: 'ready'; managementPort?: number } {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready'
}
