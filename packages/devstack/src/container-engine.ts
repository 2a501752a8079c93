import { createHash } from 'node:crypto'
import { answersAsBroker } from './broker-probe.ts'
import type { ContainerStoreOptions } from './container-store.ts'
import { type EngineSocket, engineSocketPaths, findEngineSocket } from './engine-socket.ts'
import { brokerSettings, newClusterId } from './local-kafka.ts'
import { makePrimary, mongodArguments, replicaSetUri } from './local-mongod.ts'
import type { Progress } from './progress.ts'
import type { StoreProcess } from './store-process.ts'

const mongodbImage = 'mongo:6.0.5'
const kafkaImage = 'apache/kafka:4.3.1'

export interface StoreInContainer {
  address: string
  process: StoreProcess
}

export interface ContainerRequest {
  port: number
  /** The data folder that the store belongs to; a store without one keeps its data in the container only. */
  dataDir: string | undefined
  fresh: boolean
  fullSpeed: boolean
  progress: Progress
  signal?: AbortSignal | undefined
}

/** An engine that answers. A start gives undefined where the image cannot be had or the container does not come up. */
export interface ContainerEngine {
  startMongodb(request: ContainerRequest): Promise<StoreInContainer | undefined>
  startKafka(request: ContainerRequest): Promise<StoreInContainer | undefined>
}

/**
 * The container engine of this machine, undefined when none answers. testcontainers is loaded only when an image is there.
 */
export async function findContainerEngine(env: NodeJS.ProcessEnv): Promise<ContainerEngine | undefined> {
  const socket = await findEngineSocket(engineSocketPaths(env))
  if (socket === undefined) return undefined
  return {
    async startMongodb(request) {
      const process = await startStore(socket, request, {
        name: 'MongoDB',
        image: mongodbImage,
        port: request.port,
        volume: volumeOf(request, 'mongodb', '/data/db'),
        command: ['mongod', ...mongodArguments({ data: '/data/db', port: request.port, host: '0.0.0.0' })],
        environment: {},
        ready: () => makePrimary(request.port),
      })
      return process && { process, address: replicaSetUri(request.port) }
    },
    async startKafka(request) {
      const brokers = `127.0.0.1:${request.port}`
      const data = '/var/lib/kafka/data'
      const settings = brokerSettings({ data, port: request.port, controllerPort: 9093, host: '0.0.0.0' })
      // The image makes server.properties of these: message.max.bytes is KAFKA_MESSAGE_MAX_BYTES.
      const environment = Object.entries(settings).map(([name, value]) => [
        `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`,
        value,
      ])
      const heap = `-Xms192m -Xmx512m -XX:+UseSerialGC${request.fullSpeed ? '' : ' -XX:TieredStopAtLevel=1'}`
      const process = await startStore(socket, request, {
        name: 'Kafka',
        image: kafkaImage,
        port: request.port,
        volume: volumeOf(request, 'kafka', data),
        environment: {
          ...Object.fromEntries(environment),
          KAFKA_CONTROLLER_QUORUM_VOTERS: '1@127.0.0.1:9093',
          KAFKA_HEAP_OPTS: heap,
          CLUSTER_ID: clusterIdOf(request.dataDir),
        },
        ready: () => answersAsBroker(brokers),
      })
      return process && { process, address: brokers }
    },
  }
}

async function startStore(
  socket: EngineSocket,
  { progress, signal, fresh }: ContainerRequest,
  store: Omit<ContainerStoreOptions, 'socketPath'>,
): Promise<StoreProcess | undefined> {
  if (!(await socket.hasImage(store.image))) {
    const pulling = progress.begin(`Pulling the image ${store.image}`)
    const pulled = await socket.pull(store.image, (detail) => pulling.update(detail), signal)
    pulling.done(pulled ? undefined : 'it cannot be had; a local process instead')
    if (!pulled) return undefined
  }
  const starting = progress.begin(`Starting ${store.name} as a container`)
  try {
    const { containerStore } = await import('./container-store.ts')
    const process = await containerStore({ ...store, socketPath: socket.path }, fresh)
    starting.done(`127.0.0.1:${store.port}`)
    return process
  } catch (err) {
    signal?.throwIfAborted()
    starting.done(`it does not come up (${(err as Error).message.split('\n')[0]}); a local process instead`)
    return undefined
  }
}

/** Data of a data folder is kept in a volume named after the folder. */
function volumeOf({ dataDir }: ContainerRequest, store: string, target: string): ContainerStoreOptions['volume'] {
  return dataDir === undefined
    ? undefined
    : { name: `user-provisioning-${store}-${digest(dataDir).slice(0, 12)}`, target }
}

/** The same for the same data folder: Kafka refuses a volume of another cluster. */
function clusterIdOf(dataDir: string | undefined): string {
  return dataDir === undefined ? newClusterId() : digest(dataDir).slice(0, 22)
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
