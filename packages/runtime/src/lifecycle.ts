import type { z } from 'zod'
import { type BaseConfigShape, loadConfig, newReplicaId, type ServiceConfigSchema } from './config.ts'
import { createHealth, type Health } from './health.ts'
import { createLogger, type Logger } from './logging.ts'
import { serveManagement } from './management.ts'
import { registerProcessMetrics } from './process-metrics.ts'
import { StartRefusal } from './start-refusal.ts'

export interface RunContext<Config> {
  readonly config: Config
  readonly log: Logger
  /** Aborted when the process is asked to stop: loops end, waits are given up. */
  readonly stopping: AbortSignal
  readonly health: Health
}

/** What a service gives back once it works: how to end it, and the ports that it got. */
export interface Started extends AsyncDisposable {
  readonly ports?: Readonly<Record<string, number>>
}

/** What a started process tells its parent over IPC. */
export interface ReadyMessage {
  readonly type: 'ready'
  readonly service: string
  readonly replica: string
  readonly managementPort: number
  readonly ports?: Readonly<Record<string, number>>
}

/**
 * A service's whole life; `main.ts` is one call of it. Reads the configuration, serves the management port, starts, tells
 * a parent process (IPC) that it is ready, and waits. SIGTERM, SIGINT and the parent's end abort `stopping` and dispose what was started, in reverse;
 * past SHUTDOWN_TIMEOUT_MS, or at another signal a second or more later, the process ends all the same, with 1. A configuration
 * that is wrong or a port in use is told on stderr in sentences, with exit code 1; an error nobody caught is logged as fatal, with 1.
 */
export async function run<Schema extends ServiceConfigSchema>(
  service: string,
  schema: Schema,
  start: (ctx: RunContext<z.infer<Schema>>) => Promise<Started>,
): Promise<void> {
  const env = { ...process.env, REPLICA_ID: process.env.REPLICA_ID || newReplicaId(service) }
  let config: z.infer<Schema>
  try {
    config = loadConfig(schema, env)
  } catch (err) {
    return refuse(service, err)
  }
  const base = config as z.infer<z.ZodObject<BaseConfigShape>>
  const log = createLogger({ service, replica: base.REPLICA_ID, level: base.LOG_LEVEL })
  const health = createHealth()
  const stopping = new AbortController()
  endOnUncaught(log)
  stopWhenAsked(stopping, base.SHUTDOWN_TIMEOUT_MS, log)
  const stopped = new Promise<void>((resolve) =>
    stopping.signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  stopping.signal.addEventListener('abort', () => health.stopping(), { once: true })

  try {
    await using owned = new AsyncDisposableStack()
    registerProcessMetrics()
    const management = owned.use(
      await serveManagement({ host: base.MANAGEMENT_HOST, port: base.MANAGEMENT_PORT, health, log }),
    )
    const started = owned.use(await start({ config, log, stopping: stopping.signal, health }))
    if (!stopping.signal.aborted) {
      health.started()
      log.info({ managementPort: management.port, ...started.ports }, 'Ready')
      tellParent({
        type: 'ready',
        service,
        replica: base.REPLICA_ID,
        managementPort: management.port,
        ...(started.ports === undefined ? {} : { ports: started.ports }),
      })
      await stopped
    }
  } catch (err) {
    // A start that was given up because somebody asked for the stop is not a fault.
    if (!stopping.signal.aborted || !isAbort(err, stopping.signal)) {
      if (err instanceof StartRefusal) return refuse(service, err)
      log.fatal({ err }, stopping.signal.aborted ? 'The stop failed' : 'The start failed')
      process.exit(1)
    }
  }
  log.info('Stopped')
  if (process.connected) process.disconnect()
}

function refuse(service: string, err: unknown): never {
  if (!(err instanceof StartRefusal)) throw err
  process.stderr.write(`${service} cannot start.\n${err.lines.join('\n')}\n`)
  process.exit(1)
}

function isAbort(err: unknown, signal: AbortSignal): boolean {
  return err === signal.reason || (err instanceof Error && err.name === 'AbortError')
}

function tellParent(message: ReadyMessage): void {
  // The callback takes the error of a parent that went away just now; 'disconnect' follows and stops the process.
  process.send?.(message, undefined, undefined, () => {})
}

/** Ctrl-C reaches the whole process group, and the parent then sends a signal of its own: these two are one request. */
const sameRequestMs = 1_000

function stopWhenAsked(stopping: AbortController, timeoutMs: number, log: Logger): void {
  let askedAt = 0
  const stop = (why: string) => {
    if (stopping.signal.aborted) {
      if (Date.now() - askedAt < sameRequestMs) return
      log.warn(`Stopped at once: ${why} while stopping`)
      process.exit(1)
    }
    askedAt = Date.now()
    log.info(`Stopping: ${why}`)
    // Without a reference: it only fires when something still holds the process.
    setTimeout(() => {
      log.error({ open: process.getActiveResourcesInfo() }, `The stop took over ${timeoutMs} ms and was cut short`)
      process.exit(1)
    }, timeoutMs).unref()
    stopping.abort(new DOMException(why, 'AbortError'))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  if (process.send !== undefined) {
    const orphaned = () => {
      if (!stopping.signal.aborted) stop('the parent process is gone')
    }
    if (process.connected) process.once('disconnect', orphaned)
    else orphaned()
  }
}

function endOnUncaught(log: Logger): void {
  process.on('uncaughtException', (err, origin) => {
    log.fatal(
      { err },
      origin === 'unhandledRejection' ? 'A rejection that nobody handled' : 'An error that nobody caught',
    )
    process.exit(1)
  })
}
