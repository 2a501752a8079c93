import { setTimeout as delay } from 'node:timers/promises'
import { GenericContainer, getContainerRuntimeClient } from 'testcontainers'
import type { StoreProcess } from './store-process.ts'

export interface ContainerStoreOptions {
  socketPath: string
  name: string
  image: string
  /** The same inside and outside, and fixed: a store that is killed and started again has the address it had. */
  port: number
  volume: { name: string; target: string } | undefined
  command?: string[] | undefined
  environment: Record<string, string>
  ready(): Promise<boolean>
}

const readyTimeoutMs = 90_000
const stopTimeoutMs = 3_000

/**
 * A store in a container, started. testcontainers' reaper removes it when this process is killed.
 * `fresh` throws the volume's data away first. Rejects when the container does not come up.
 */
export async function containerStore(options: ContainerStoreOptions, fresh: boolean): Promise<StoreProcess> {
  process.env.DOCKER_HOST ??= `unix://${options.socketPath}`
  const client = await getContainerRuntimeClient()
  const { name, volume, command } = options
  if (fresh && volume !== undefined) {
    await client.container.dockerode.getVolume(volume.name).remove().catch(ignoreMissing)
  }
  let container = new GenericContainer(options.image)
    .withEnvironment(options.environment)
    .withExposedPorts({ container: options.port, host: options.port })
    .withStartupTimeout(readyTimeoutMs)
  if (command !== undefined) container = container.withCommand(command)
  if (volume !== undefined) {
    container = container.withBindMounts([{ source: volume.name, target: volume.target, mode: 'rw' }])
  }
  const started = await container.start()
  const handle = client.container.getById(started.getId())
  let up = true

  async function untilReady(): Promise<void> {
    for (const deadline = Date.now() + readyTimeoutMs; !(await options.ready().catch(() => false)); ) {
      if (Date.now() > deadline) throw new Error(`${name} does not answer after ${readyTimeoutMs / 1000} s`)
      await delay(50)
    }
  }
  const stop = async () => {
    await started.stop({ timeout: stopTimeoutMs, remove: true, removeVolumes: false })
    up = false
  }
  try {
    await untilReady()
  } catch (err) {
    await stop()
    throw err
  }
  return {
    name,
    // It runs in the engine's process space, out of reach by its id.
    pid: undefined,
    async kill(signal = 'SIGKILL') {
      if (!up) return
      up = false
      await handle.kill({ signal })
      await handle.wait()
    },
    async start() {
      if (up) return
      await handle.start()
      await untilReady()
      up = true
    },
    stop,
  }
}

function ignoreMissing(err: { statusCode?: number }): void {
  if (err.statusCode !== 404) throw err
}
