import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartRefusal } from '@user-provisioning/runtime/start-refusal'
import { answersAsBroker } from './broker-probe.ts'
import type { KafkaRuntime } from './kafka-runtime.ts'
import { runCommand } from './run-command.ts'
import { type StoreProcess, storeProcess } from './store-process.ts'
import { lastLines } from './wheel.ts'

export interface LocalKafkaOptions {
  runtime: KafkaRuntime
  folder: string
  port: number
  controllerPort: number
  /** For measurements: the whole compiler, where it otherwise stops at the first tier to start faster. */
  fullSpeed?: boolean | undefined
  /** Writes Java's class archive to this file when the broker ends in order. */
  recordClassesTo?: string | undefined
  lowPriority?: boolean | undefined
  stopTimeLimitMs?: number | undefined
  onTrouble?: ((sentence: string) => void) | undefined
}

/** The largest message that a topic may hold (`identity.requests`). */
const largestMessageBytes = 20_971_520

/** A Kafka of one node (broker and controller) as a local process listening on 127.0.0.1. */
export function localKafka(options: LocalKafkaOptions): StoreProcess & { readonly brokers: string } {
  const data = join(options.folder, 'data')
  const properties = join(options.folder, 'server.properties')
  const brokers = `127.0.0.1:${options.port}`
  const process = storeProcess({
    name: 'Kafka',
    folder: options.folder,
    async command() {
      const { java, classPath, classArchive } = options.runtime
      const flags = javaFlags(options.fullSpeed ?? false)
      await writeFile(
        properties,
        serverProperties({ data, port: options.port, controllerPort: options.controllerPort, host: '127.0.0.1' }),
      )
      if (!existsSync(join(data, 'meta.properties'))) {
        const format = ['format', '--standalone', '-t', newClusterId(), '-c', properties]
        const result = await runCommand(java, [...flags, '-cp', classPath, 'kafka.tools.StorageTool', ...format])
        if (result.code !== 0) {
          throw new StartRefusal(`Kafka's data folder could not be prepared:\n${lastLines(result.output)}`)
        }
      }
      if (options.recordClassesTo !== undefined) flags.push(`-XX:ArchiveClassesAtExit=${options.recordClassesTo}`)
      const archived = options.recordClassesTo === undefined && existsSync(classArchive)
      const archive = archived
        ? [`-XX:SharedArchiveFile=${classArchive}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off']
        : []
      return { file: java, args: [...flags, ...archive, '-cp', classPath, 'kafka.Kafka', properties] }
    },
    ready: () => answersAsBroker(brokers),
    readyTimeoutMs: 90_000,
    stopTimeLimitMs: options.stopTimeLimitMs ?? 3_000,
    lowPriority: options.lowPriority,
    onTrouble: options.onTrouble,
  })
  return Object.defineProperties(process, { brokers: { value: brokers, enumerable: true } }) as typeof process & {
    brokers: string
  }
}

/** Java's flags for a small broker that starts fast. */
function javaFlags(fullSpeed: boolean): string[] {
  return [
    '-Xms192m',
    '-Xmx512m',
    '-XX:+UseSerialGC',
    ...(fullSpeed ? [] : ['-XX:TieredStopAtLevel=1']),
    '-XX:-UsePerfData',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
  ]
}

export interface BrokerPlace {
  data: string
  port: number
  controllerPort: number
  /** The address it listens on; it is reached at 127.0.0.1. */
  host: string
}

/**
 * The broker's settings. The short session: after a SIGKILL the controller refuses the broker's new incarnation until the
 * session of the old one has ended (9 s by default).
 */
export function brokerSettings({ data, port, controllerPort, host }: BrokerPlace): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://${host}:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': data,
    'auto.create.topics.enable': 'false',
    'message.max.bytes': String(largestMessageBytes),
    'replica.fetch.max.bytes': String(largestMessageBytes),
    'group.initial.rebalance.delay.ms': '0',
    'broker.heartbeat.interval.ms': '500',
    'broker.session.timeout.ms': '3000',
    'log.retention.check.interval.ms': '60000',
    'log.cleaner.dedupe.buffer.size': '16777216',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '1',
  }
}

function serverProperties(place: BrokerPlace): string {
  const settings = {
    ...brokerSettings(place),
    'controller.quorum.bootstrap.servers': `127.0.0.1:${place.controllerPort}`,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** A cluster id: 16 random bytes as 22 characters; Kafka's tool would take a leading dash for an option. */
export function newClusterId(): string {
  return randomBytes(16).toString('base64url').replaceAll(/[-_]/g, 'A')
}
