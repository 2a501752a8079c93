import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import type { ReadyMessage } from './lifecycle.ts'

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

interface Service {
  readonly child: ChildProcess
  /** Everything written so far, stdout and stderr. */
  output(): string
  ready(): Promise<ReadyMessage>
  said(text: string): Promise<void>
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>
}

function startService(behaviour: string, env: Record<string, string> = {}): Service {
  const child = fork(fileURLToPath(new URL('./lifecycle.test-service.ts', import.meta.url)), [], {
    env: { MONGODB_URI: 'mongodb://127.0.0.1/', KAFKA_BROKERS: '127.0.0.1:1', BEHAVIOUR: behaviour, ...env },
    silent: true,
    execArgv: [],
  })
  children.push(child)
  let output = ''
  const heard: (() => void)[] = []
  // Not the child's own 'close': it does not come when the parent disconnects first.
  const ends: Promise<unknown>[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) ends.push(once(stream, 'close'))
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      for (const look of heard) look()
    })
  }
  const message = once(child, 'message').then(([ready]) => ready as ReadyMessage)
  return {
    child,
    output: () => output,
    ready: () => message,
    said(text) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = () => (output.includes(text) ? resolve() : undefined)
      heard.push(look)
      look()
      return promise
    },
    ended: Promise.all([once(child, 'exit'), ...ends]).then(
      ([[code, signal]]) => (code as number | null) ?? (signal as string | null),
    ),
  }
}

describe('a service process', () => {
  test('tells its parent when it is ready, and serves its management port', async () => {
    const service = startService('plain')
    const ready = await service.ready()
    expect(ready).toMatchObject({ type: 'ready', service: 'test-service', ports: { scim: 8080 } })
    expect(ready.replica).toMatch(/^test-service-[0-9a-f]{8}$/)
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${ready.managementPort}${path}`)
      return { status: response.status, text: await response.text() }
    }
    expect((await ask('/livez')).status).toBe(200)
    expect((await ask('/startupz')).status).toBe(200)
    expect(await ask('/readyz')).toEqual({ status: 503, text: '{"ok":false,"faults":{"store":"does not answer"}}' })
    expect(await ask('/status')).toEqual({ status: 200, text: '{"behaviour":"plain"}' })
    expect((await ask('/metrics')).text).toMatch(
      /process_cpu_seconds_total \d[\s\S]*process_resident_memory_bytes \d{7}/,
    )
    expect((await ask('/other')).status).toBe(404)
  })

  test('disposes what it started in reverse at SIGTERM and exits 0', async () => {
    const service = startService('plain')
    await service.ready()
    service.child.kill('SIGTERM')
    expect(await service.ended).toBe(0)
    expect(service.output().match(/disposed \w+/g)).toEqual(['disposed third', 'disposed second', 'disposed first'])
  })

  test('a stop that takes too long is cut short, with 1 and the reason', async () => {
    const service = startService('hang', { SHUTDOWN_TIMEOUT_MS: '200' })
    await service.ready()
    service.child.kill('SIGINT')
    expect(await service.ended).toBe(1)
    expect(service.output()).toContain('The stop took over 200 ms and was cut short')
  })

  test('a second signal ends a hanging stop at once, but the one that Ctrl-C doubles does not', async () => {
    const service = startService('hang')
    await service.ready()
    service.child.kill('SIGINT')
    await service.said('Stopping')
    const askedAt = Date.now()
    const again = setInterval(() => service.child.kill('SIGTERM'), 50)
    expect(await service.ended).toBe(1)
    clearInterval(again)
    expect(Date.now() - askedAt).toBeGreaterThan(900)
    expect(service.output()).toContain('Stopped at once')
  })

  test('stops by itself when its parent is gone', async () => {
    const service = startService('plain')
    await service.ready()
    service.child.disconnect()
    expect(await service.ended).toBe(0)
    expect(service.output()).toContain('the parent process is gone')
    expect(service.output()).toContain('disposed first')
  })

  test('a stop that comes during the start ends the start', async () => {
    const service = startService('slow-start')
    await service.said('starting slowly')
    service.child.kill('SIGTERM')
    expect(await service.ended).toBe(0)
    expect(service.output()).not.toContain('fatal')
  })

  test('a rejection that nobody handles is fatal, with 1', async () => {
    const service = startService('reject')
    expect(await service.ended).toBe(1)
    expect(service.output()).toMatch(/"level":"fatal".*nobody cares/)
  })

  test('a wrong configuration is told in sentences, all faults at once, without a stack', async () => {
    const service = startService('plain', { MONGODB_URI: '', LOG_LEVEL: 'loud' })
    expect(await service.ended).toBe(1)
    expect(service.output()).toMatch(
      /^test-service cannot start\.\nThe configuration has 2 faults:\n {2}MONGODB_URI is not set/,
    )
    expect(service.output()).not.toMatch(/\n\s+at /)
  })

  test('a port in use is one sentence, without a stack', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address() as AddressInfo
    try {
      for (const env of [{ MANAGEMENT_PORT: String(port) }, { BEHAVIOUR: 'port-in-use', TAKEN_PORT: String(port) }]) {
        const service = startService('plain', env)
        expect(await service.ended).toBe(1)
        expect(service.output()).toMatch(
          new RegExp(
            `^test-service cannot start\\.\nThe .* cannot listen on 127\\.0\\.0\\.1:${port}: the port is in use\\. Choose another one\\.\n$`,
          ),
        )
      }
    } finally {
      holder.close()
    }
  })
})
