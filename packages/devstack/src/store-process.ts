import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { StartRefusal } from '@user-provisioning/runtime/start-refusal'
import { isAlive, isOurs } from './process-identity.ts'
import { waitUntil } from './wait-until.ts'
import { lastLines } from './wheel.ts'

/** A store that can be killed and started again: what crash tests do to it. */
export interface StoreProcess {
  readonly name: string
  /** The process id of the store itself; undefined while it is down or where it runs elsewhere. */
  readonly pid: number | undefined
  /** Ends the process with `signal` (SIGKILL when not given) and resolves when it is gone. It stays down until start(). */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it on the same address and data, and resolves when it answers. Nothing happens when it runs. */
  start(): Promise<void>
  /** Stops it in order; SIGKILL past `timeLimitMs`. */
  stop(): Promise<void>
}

export interface StoreProcessOptions {
  name: string
  /** Log, process id and whatever the store keeps. Its path must occur in the command line. */
  folder: string
  command(): Promise<{ file: string; args: readonly string[] }>
  /** Resolves true once the store serves. Asked again and again while the process lives. */
  ready(): Promise<boolean>
  readyTimeoutMs: number
  stopTimeLimitMs: number
  /** Runs it when the machine has nothing else to do. */
  lowPriority?: boolean | undefined
  /** Told when the store ended unasked and when it was started again. */
  onTrouble?: ((sentence: string) => void) | undefined
}

/**
 * Runs the command given as arguments, says its process id on descriptor 3, and ends it when standard input closes: also
 * when the starter was killed by SIGKILL, the store does not outlive it.
 */
const guard = `
exec 4<&0
"$@" 3>&- 4<&- </dev/null &
store=$!
echo "$store" >&3
exec 3>&-
(
  read -r _ <&4
  kill -TERM "$store" 2>/dev/null
  n=0
  while [ "$n" -lt 80 ] && kill -0 "$store" 2>/dev/null; do sleep 0.1; n=$((n + 1)); done
  kill -KILL "$store" 2>/dev/null
) &
watcher=$!
exec 4<&-
wait "$store"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
`

const restartsInAMinute = 5

/** A store as a local child process in a session of its own, so that Ctrl-C in the terminal does not reach it. */
export function storeProcess(options: StoreProcessOptions): StoreProcess & { readonly log: string } {
  const pidFile = join(options.folder, 'pid')
  const log = join(options.folder, 'log')
  let guardProcess: ChildProcess | undefined
  let pid: number | undefined
  let wanted = false
  let restarts: number[] = []
  /** Counts what ended the store on purpose, so that a launch under way notices. */
  let ends = 0

  async function launch(): Promise<void> {
    await mkdir(options.folder, { recursive: true })
    await endLeftover(options.folder)
    await rename(log, `${log}.1`).catch(() => undefined)
    const endsBefore = ends
    const { file, args } = await options.command()
    if (ends !== endsBefore) throw new StartRefusal(`${options.name} was stopped while it started.`)
    const logFile = await open(log, 'a')
    const child = spawn('/bin/sh', ['-c', guard, `${options.name}-guard`, file, ...args], {
      detached: true,
      cwd: options.folder,
      stdio: ['pipe', logFile.fd, logFile.fd, 'pipe'],
    })
    guardProcess = child
    child.stdin?.on('error', () => undefined)
    child.once('exit', () => {
      child.stdin?.destroy()
      if (guardProcess !== child) return
      guardProcess = undefined
      pid = undefined
      if (wanted) void restart()
    })
    const told = once(createInterface({ input: child.stdio[3] as Readable }), 'line', {
      signal: AbortSignal.timeout(10_000),
    })
    await logFile.close()
    const started = Number((await told)[0])
    if (!hasEnded(child)) pid = started
    if (ends !== endsBefore) send(started, 'SIGKILL')
    await writeFile(pidFile, String(started))
    if (options.lowPriority) lowerPriority(started)
    const deadline = Date.now() + options.readyTimeoutMs
    for (;;) {
      if (hasEnded(child)) throw new StartRefusal(`${options.name} ended while it started.\n${await tail()}`)
      if (await options.ready().catch(() => false)) break
      if (Date.now() > deadline) {
        throw new StartRefusal(
          `${options.name} does not answer after ${options.readyTimeoutMs / 1000} s.\n${await tail()}`,
        )
      }
      await delay(20)
    }
  }

  async function start(): Promise<void> {
    if (guardProcess !== undefined) return
    try {
      await launch()
      wanted = true
    } catch (err) {
      await end('SIGKILL', options.stopTimeLimitMs)
      throw err
    }
  }

  async function restart(): Promise<void> {
    restarts = [...restarts.filter((at) => at > Date.now() - 60_000), Date.now()]
    if (restarts.length > restartsInAMinute) {
      wanted = false
      options.onTrouble?.(`${options.name} ended ${restarts.length} times within a minute and stays down; see ${log}`)
      return
    }
    options.onTrouble?.(`${options.name} ended unasked and is started again; see ${log}.1`)
    await start().catch((err: Error) => options.onTrouble?.(err.message))
  }

  async function end(signal: NodeJS.Signals, timeLimitMs: number): Promise<void> {
    wanted = false
    ends += 1
    const child = guardProcess
    if (child === undefined || pid === undefined) return
    const ended = hasEnded(child) ? Promise.resolve() : once(child, 'exit')
    send(pid, signal)
    const inTime = await Promise.race([ended.then(() => true), delay(timeLimitMs, false, { ref: false })])
    if (!inTime) send(pid, 'SIGKILL')
    await ended
    await rm(pidFile, { force: true })
  }

  async function tail(): Promise<string> {
    const text = await readFile(log, 'utf8').catch(() => '')
    return `The end of ${log}:\n${lastLines(text, 8)}`
  }

  return {
    name: options.name,
    log,
    get pid() {
      return pid
    },
    start,
    kill: (signal = 'SIGKILL') => end(signal, options.stopTimeLimitMs),
    stop: () => end('SIGTERM', options.stopTimeLimitMs),
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW)
  } catch {
    // It ended just now.
  }
}

function send(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, signal)
  } catch {
    // It ended just now.
  }
}

/** Ends the store of an earlier start that is still there in `folder`, if the process id is really its. */
export async function endLeftover(folder: string): Promise<void> {
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8').catch(() => ''))
  if (!(pid > 0) || !(await isOurs(pid, folder))) return
  send(pid, 'SIGTERM')
  if (!(await waitUntil(() => !isAlive(pid), 8_000))) send(pid, 'SIGKILL')
  await waitUntil(() => !isAlive(pid), 2_000)
}
