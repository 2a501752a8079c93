import { parseArgs } from 'node:util'
import { type ServiceName, serviceNames } from '@user-provisioning/contracts/service-name'
import { StartRefusal } from '@user-provisioning/runtime/start-refusal'

/** What a person asks of `npm start`. */
export interface StartOptions {
  instances: number
  replicas: Partial<Record<ServiceName, number>>
  port: number
  adminPort: number
  dataDir: string
  connectionFile: string | undefined
  fresh: boolean
  fullSpeed: boolean
  help: boolean
}

export const startHelp = `Starts MongoDB, Kafka and the five services, and prints how to reach them.

  npm start
  npm start -- --instances 3 --replicas identity-service=2

  --instances N             instances to have, each with an API key (1)
  --replicas SERVICE=N      processes of a service; may be repeated (1 of each)
                            ${serviceNames.join(', ')}
  --port N                  port of the SCIM listener (8080; 0: any free one)
  --admin-port N            port of the admin API (8081; 0: any free one)
  --data-dir FOLDER         where data stays between starts (.data)
  --fresh                   throw away the data of earlier starts first
  --connection-file FILE    write addresses and secrets as JSON, mode 0600, removed at the stop
                            (connection.json in the data folder)
  --full-speed              for measurements: Kafka with Java's whole compiler; starts slower
  --help

MongoDB and Kafka come from MONGODB_URI and KAFKA_BROKERS where set, else from containers where an
engine answers and has or can pull the images, else they run as local processes, fetched once into
\${XDG_CACHE_HOME:-~/.cache}/user-provisioning.
Stop with Ctrl-C.
`

/** Reads the arguments of `npm start`. Throws StartRefusal with a sentence that names what is wrong with which option. */
export function parseStartOptions(args: readonly string[]): StartOptions {
  const values = parse(args)
  return {
    instances: wholeNumber('instances', values.instances, 1, 1_000),
    replicas: replicasOf(values.replicas),
    port: wholeNumber('port', values.port, 0, 65_535),
    adminPort: wholeNumber('admin-port', values['admin-port'], 0, 65_535),
    dataDir: values['data-dir'],
    connectionFile: values['connection-file'],
    fresh: values.fresh,
    fullSpeed: values['full-speed'],
    help: values.help,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        instances: { type: 'string', default: '1' },
        replicas: { type: 'string', multiple: true, default: [] },
        port: { type: 'string', default: '8080' },
        'admin-port': { type: 'string', default: '8081' },
        'data-dir': { type: 'string', default: '.data' },
        'connection-file': { type: 'string' },
        fresh: { type: 'boolean', default: false },
        'full-speed': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (err) {
    const [sentence] = (err as Error).message.split('. ')
    throw new StartRefusal(`${sentence}. npm start -- --help lists the options.`)
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  throw new StartRefusal(`--${name} wants a whole number from ${least} to ${most}, not ${text || 'nothing'}.`)
}

function replicasOf(texts: readonly string[]): Partial<Record<ServiceName, number>> {
  const replicas: Partial<Record<ServiceName, number>> = {}
  for (const text of texts.flatMap((list) => list.split(','))) {
    const [name, count = ''] = text.split('=')
    const service = serviceNames.find((known) => known === name)
    if (service === undefined) {
      throw new StartRefusal(`--replicas ${text}: there is no service ${name}. Services: ${serviceNames.join(', ')}.`)
    }
    replicas[service] = wholeNumber(`replicas ${service}`, count, 1, 20)
  }
  return replicas
}
