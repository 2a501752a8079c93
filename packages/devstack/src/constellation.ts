import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { hashAccessToken } from '@user-provisioning/auth/access-token'
import { type ServiceName, serviceNames } from '@user-provisioning/contracts/service-name'
import { StartRefusal } from '@user-provisioning/runtime/start-refusal'
import { type AdminClient, adminClient } from './admin-client.ts'
import { cacheFolder } from './cache-folder.ts'
import { type Connection, removeConnectionFile, writeConnectionFile } from './connection-file.ts'
import { dataNames } from './data-folder.ts'
import { type KeptInstance, keepInstances, keptAdminToken, keptInstances, keptSigningKeys } from './kept-secrets.ts'
import { choosePort, isFree } from './ports.ts'
import { type Progress, silent, step } from './progress.ts'
import { rotateLogs, type ServiceProcess, serviceProcess } from './service-process.ts'
import type { Stores } from './stores.ts'

export interface ConstellationOptions {
  stores: Pick<Stores, 'mongodbUri' | 'kafkaBrokers' | 'dataDir'>
  /** Instances to have, each with an API key (1). */
  instances?: number | undefined
  /** Processes of each service (1). */
  replicas?: Partial<Record<ServiceName, number>> | undefined
  /** The SCIM listener's port; 0 or absent: any free one. */
  port?: number | undefined
  /** The admin listener's port; 0 or absent: any free one. */
  adminPort?: number | undefined
  /** Where keys, tokens, instances and logs are kept; absent: the stores' data folder. */
  dataDir?: string | undefined
  /** Written when ready, rewritten at each new process, removed at stop. */
  connectionFile?: string | undefined
  /** The services' log level ('warn'). */
  logLevel?: string | undefined
  /** More environment for every service. */
  env?: Readonly<Record<string, string>> | undefined
  /** Where the services are: `<folder>/<service>/src/main.ts`. */
  servicesFolder?: string | undefined
  progress?: Progress | undefined
  signal?: AbortSignal | undefined
  /** Told in a sentence when a service ended unasked. */
  onTrouble?: ((sentence: string) => void) | undefined
}

/** A service's process as it runs now. */
export interface RunningProcess {
  service: ServiceName
  replica: string
  pid: number
  managementPort: number | undefined
}

/** The five services, running. */
export interface Constellation extends AsyncDisposable {
  /** As the connection file has it, with the process ids of this moment. */
  readonly connection: Connection
  /** The processes that run now; one that is being started again is missing. */
  processes(): RunningProcess[]
  /** SIGKILL to a replica (the first when no index is given). Resolves when it is gone; it is started again by itself. */
  kill(service: ServiceName, index?: number): Promise<void>
  /** Stops all replicas of a service, which stay down until `up`. */
  down(service: ServiceName): Promise<void>
  /** Starts what `down` stopped; resolves when ready. */
  up(service: ServiceName): Promise<void>
  /** Resolves when all processes, those started again included, are ready. */
  ready(): Promise<void>
  /** Stops all services in order and removes the connection file. The stores go on. */
  stop(): Promise<void>
}

const repositoryRoot = resolve(import.meta.dirname, '../../..')
/** The ingress first, so that no new request comes in; then the rest together. */
const ingressStopMs = 2_000
const serviceStopMs = 2_500

const databases: Partial<Record<ServiceName, string>> = {
  'identity-service': 'identity',
  'mapping-service': 'mapping',
  'workflow-service': 'workflow',
  'audit-service': 'audit',
}

/**
 * Starts the five services on running stores, each as a process of its own, and makes the instances asked for.
 * A process that ends unasked is started again within a second. Throws StartRefusal with a sentence when a port is in use
 * or a service does not come up; whatever had started is stopped then.
 */
export async function startConstellation(options: ConstellationOptions): Promise<Constellation> {
  const progress = options.progress ?? silent
  const dataDir = resolve(options.dataDir ?? options.stores.dataDir)
  const port = await takePort(options.port ?? 0, 'SCIM listener', '--port', new Set())
  const adminPort = await takePort(options.adminPort ?? 0, 'admin listener', '--admin-port', new Set([port]))
  const publicUrl = `http://127.0.0.1:${port}`
  const adminUrl = `http://127.0.0.1:${adminPort}`
  const signingKeysFolder = join(dataDir, dataNames.signingKeys)
  await keptSigningKeys(signingKeysFolder)
  const adminToken = await keptAdminToken(join(dataDir, dataNames.adminToken))
  const compileCache = join(await cacheFolder(), 'compiled')

  function envOf(service: ServiceName, replica: string): NodeJS.ProcessEnv {
    const database = databases[service]
    return {
      ...process.env,
      LOG_LEVEL: options.logLevel ?? 'warn',
      NODE_COMPILE_CACHE: compileCache,
      SHUTDOWN_TIMEOUT_MS: String(serviceStopMs),
      ...options.env,
      MONGODB_URI: options.stores.mongodbUri,
      KAFKA_BROKERS: options.stores.kafkaBrokers,
      REPLICA_ID: replica,
      MANAGEMENT_PORT: '0',
      ...(database === undefined ? {} : { MONGODB_DATABASE: database }),
      ...(service === 'identity-service' ? { BOOTSTRAP_ACCESS_TOKEN_HASH: hashAccessToken(adminToken) } : {}),
      ...(service === 'scim-ingress'
        ? {
            // A system on trial is nobody else's business: it holds printed secrets.
            HOST: '127.0.0.1',
            SCIM_PORT: String(port),
            ADMIN_PORT: String(adminPort),
            PUBLIC_URL: publicUrl,
            SIGNING_KEYS_DIR: signingKeysFolder,
          }
        : {}),
    }
  }

  const scim: Connection['scim'] = []
  let published = false
  let stopping: Promise<void> | undefined
  let writing: Promise<void> = Promise.resolve()

  function connection(): Connection {
    return {
      scim: [...scim],
      admin: { url: adminUrl, token: adminToken },
      consoleUrl: null,
      stores: { mongodbUri: options.stores.mongodbUri, kafkaBrokers: options.stores.kafkaBrokers },
      processes: running().map(({ service, replica, pid }) => ({ service, replica, pid })),
    }
  }

  /** One write after the other, so that the file never goes back to an older state. */
  function publish(): Promise<void> {
    const file = options.connectionFile
    if (file === undefined || !published) return Promise.resolve()
    writing = writing
      .then(() => (published ? writeConnectionFile(file, connection()) : undefined))
      .catch((err: Error) => options.onTrouble?.(`The connection file could not be written: ${err.message}`))
    return writing
  }

  const logsFolder = join(dataDir, dataNames.logs)
  const servicesFolder = options.servicesFolder ?? join(repositoryRoot, 'services')
  const services: ServiceProcess[] = serviceNames.flatMap((service) =>
    Array.from({ length: options.replicas?.[service] ?? 1 }, (_, index) => {
      const replica = `${service}-${index + 1}`
      return serviceProcess({
        service,
        replica,
        main: join(servicesFolder, service, 'src', 'main.ts'),
        env: envOf(service, replica),
        logsFolder,
        onStarted: () => void publish(),
        onTrouble: (sentence) => options.onTrouble?.(sentence),
      })
    }),
  )

  function running(): RunningProcess[] {
    return services.flatMap(({ service, replica, pid, managementPort }) =>
      pid === undefined ? [] : [{ service, replica, pid, managementPort }],
    )
  }
  function replicasOf(service: ServiceName): ServiceProcess[] {
    return services.filter((candidate) => candidate.service === service)
  }

  function stop(): Promise<void> {
    stopping ??= stopInOrder()
    return stopping
  }
  async function stopInOrder(): Promise<void> {
    published = false
    await writing
    if (options.connectionFile !== undefined) await removeConnectionFile(options.connectionFile)
    await Promise.all(replicasOf('scim-ingress').map((replica) => replica.stop(ingressStopMs)))
    await Promise.all(services.map((replica) => replica.stop(serviceStopMs)))
  }

  const aborted = () => void stop()
  options.signal?.addEventListener('abort', aborted, { once: true })
  try {
    options.signal?.throwIfAborted()
    await rotateLogs(services.map(({ replica }) => join(logsFolder, `${replica}.log`)))
    await step(
      progress,
      'Starting the five services',
      async (current) => {
        let ready = 0
        const started = services.map(async (replica) => {
          await replica.start()
          ready += 1
          current.update(`${ready} of ${services.length} ready`)
        })
        await Promise.all(started)
      },
      () => `${services.length} processes`,
    )
    options.signal?.throwIfAborted()
    const admin = adminClient(adminUrl, adminToken)
    const wanted = options.instances ?? 1
    await step(progress, wanted === 1 ? 'Preparing an instance' : `Preparing ${wanted} instances`, async (current) => {
      const file = join(dataDir, dataNames.instances)
      for await (const instance of prepareInstances(admin, file, wanted, options.signal)) {
        scim.push(instance)
        current.update(`${scim.length} of ${wanted}`)
      }
    })
  } catch (err) {
    await stop()
    // What the stop broke off is no fault of its own.
    options.signal?.throwIfAborted()
    throw err
  } finally {
    options.signal?.removeEventListener('abort', aborted)
  }
  published = true
  await publish()

  return {
    get connection() {
      return connection()
    },
    processes: running,
    async kill(service, index = 0) {
      const replica = replicasOf(service)[index]
      if (replica === undefined) throw new Error(`There is no replica ${index} of ${service}`)
      await replica.kill()
    },
    async down(service) {
      await Promise.all(replicasOf(service).map((replica) => replica.stop(serviceStopMs)))
      await publish()
    },
    async up(service) {
      await Promise.all(replicasOf(service).map((replica) => replica.start()))
    },
    async ready() {
      await Promise.all(services.map((replica) => replica.ready()))
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** The port asked for, refused with a sentence when somebody has it; any free one for 0. */
async function takePort(asked: number, purpose: string, option: string, taken: ReadonlySet<number>): Promise<number> {
  if (asked === 0) return choosePort(taken)
  if (taken.has(asked)) throw new StartRefusal(`The SCIM and the admin listener cannot both have port ${asked}.`)
  // Checked here, because replicas of the ingress share their port, also with somebody else's.
  if (!(await isFree(asked))) {
    throw new StartRefusal(
      `The ${purpose} cannot have port ${asked}: it is in use. Choose another one with ${option}, or stop the program that has it.`,
    )
  }
  return asked
}

/** Gives the instances of earlier starts that are still there, then makes what is missing, each kept as soon as it is made. */
async function* prepareInstances(
  admin: AdminClient,
  file: string,
  wanted: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Connection['scim'][number]> {
  const kept: KeptInstance[] = []
  for (const candidate of await keptInstances(file)) {
    const tenantUrl = await admin.tenantUrlOf(candidate.instanceId)
    if (tenantUrl === undefined) continue
    kept.push(candidate)
    if (kept.length <= wanted) yield { ...candidate, tenantUrl: await opened(tenantUrl, candidate.secretToken) }
  }
  while (kept.length < wanted) {
    signal?.throwIfAborted()
    const { tenantUrl, ...instance } = await admin.createInstance(`Local ${kept.length + 1}`)
    kept.push(instance)
    await keepInstances(file, kept)
    yield { ...instance, tenantUrl: await opened(tenantUrl, instance.secretToken) }
  }
}

const openTimeoutMs = 20_000

/** Waits until the ingress knows the key (it hears of it over Kafka), and gives the Tenant URL. */
async function opened(tenantUrl: string, secretToken: string): Promise<string> {
  const deadline = Date.now() + openTimeoutMs
  for (;;) {
    const response = await fetch(`${tenantUrl}/ServiceProviderConfig`, {
      headers: { authorization: `Bearer ${secretToken}` },
      signal: AbortSignal.timeout(openTimeoutMs),
    })
    const text = await response.text()
    if (response.ok) return tenantUrl
    if (Date.now() > deadline)
      throw new StartRefusal(`${tenantUrl} does not take its own key: ${response.status} ${text}`)
    await delay(20)
  }
}
