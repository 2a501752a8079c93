import { request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { megabytes } from './wheel.ts'

const pingTimeoutMs = 2_000
/** A registry that sends nothing for so long will not. */
const pullSilenceMs = 30_000

/** A container engine's API at a Unix socket: the three questions asked before testcontainers is loaded at all. */
export interface EngineSocket {
  readonly path: string
  hasImage(image: string): Promise<boolean>
  /** Whether the image could be pulled; `onProgress` hears what came so far. */
  pull(image: string, onProgress: (detail: string) => void, signal?: AbortSignal): Promise<boolean>
}

/** The sockets where an engine may listen, by Docker's and Podman's custom. An engine on another machine is not looked for. */
export function engineSocketPaths(env: NodeJS.ProcessEnv): string[] {
  const host = env.DOCKER_HOST
  if (host) return host.startsWith('unix://') ? [host.slice('unix://'.length)] : []
  return [
    '/var/run/docker.sock',
    ...(env.HOME ? [join(env.HOME, '.docker/run/docker.sock'), join(env.HOME, '.colima/default/docker.sock')] : []),
    ...(env.XDG_RUNTIME_DIR
      ? [join(env.XDG_RUNTIME_DIR, 'docker.sock'), join(env.XDG_RUNTIME_DIR, 'podman/podman.sock')]
      : []),
  ]
}

/** The first of `paths` where an engine answers a ping; undefined when none does. */
export async function findEngineSocket(paths: readonly string[]): Promise<EngineSocket | undefined> {
  for (const path of paths) {
    const answer = await ask(path, 'GET', '/_ping', { timeoutMs: pingTimeoutMs }).catch(() => undefined)
    if (answer?.status === 200) return engineSocket(path)
  }
  return undefined
}

function engineSocket(path: string): EngineSocket {
  return {
    path,
    async hasImage(image) {
      const answer = await ask(path, 'GET', `/images/${image}/json`, { timeoutMs: 10_000 }).catch(() => undefined)
      return answer?.status === 200
    },
    async pull(image, onProgress, signal) {
      const [name, tag] = image.split(':')
      const layers = new Map<string, number>()
      let failed = false
      const onLine = (line: string) => {
        const event = readEvent(line)
        if (event.error !== undefined) failed = true
        if (event.id !== undefined && event.bytes !== undefined) layers.set(event.id, event.bytes)
        if (layers.size > 0) onProgress(`${megabytes([...layers.values()].reduce((sum, bytes) => sum + bytes, 0))} MB`)
      }
      const target = `/images/create?fromImage=${encodeURIComponent(`docker.io/${name}`)}&tag=${tag}`
      const answer = await ask(path, 'POST', target, { timeoutMs: pullSilenceMs, onLine, signal }).catch((err) => {
        signal?.throwIfAborted()
        return { status: 0, err }
      })
      return answer.status === 200 && !failed
    },
  }
}

interface AskOptions {
  /** Without a byte for so long it is given up. */
  timeoutMs: number
  onLine?: (line: string) => void
  signal?: AbortSignal | undefined
}

function ask(socketPath: string, method: string, path: string, options: AskOptions): Promise<{ status: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number }>()
  const req = request({
    socketPath,
    method,
    path,
    timeout: options.timeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  req.once('timeout', () => req.destroy(new Error(`no answer within ${options.timeoutMs} ms`)))
  req.once('error', reject)
  req.once('response', (res) => {
    res.once('error', reject)
    const lines = createInterface({ input: res })
    lines.on('line', (line) => options.onLine?.(line))
    lines.once('close', () => resolve({ status: res.statusCode ?? 0 }))
  })
  req.end()
  return promise
}

function readEvent(line: string): { id?: string; bytes?: number; error?: string } {
  try {
    const { id, error, progressDetail } = JSON.parse(line)
    return { id, error, bytes: progressDetail?.current }
  } catch {
    return {}
  }
}
