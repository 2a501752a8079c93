import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { StartRefusal } from './start-refusal.ts'

/** A port number; 0 lets the operating system choose one. */
export const port = z.coerce.number().int().min(0).max(65_535)

/** A list with commas between its members; blanks around them are dropped. */
export const commaList = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  )
  .refine((items) => items.length > 0, 'has no members')

/** What every service takes from its environment: `z.object({ ...baseConfig, ...its own })`. */
export const baseConfig = {
  KAFKA_BROKERS: commaList
    .refine((brokers) => brokers.every((broker) => /^[^\s:]+:\d{1,5}$|^\[[^\]\s]+\]:\d{1,5}$/.test(broker)), {
      message: 'must be host:port, several with commas between',
    })
    .describe('addresses of Kafka brokers, as host:9092,host:9092'),
  REPLICA_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/, 'may have 1 to 100 letters, digits, dots, underscores and hyphens')
    .default(() => newReplicaId('replica'))
    .describe('name of this replica, part of its reply topic'),
  MANAGEMENT_HOST: z.string().default('127.0.0.1').describe('address that the management port listens on'),
  MANAGEMENT_PORT: port.default(0).describe('port of /livez, /readyz, /startupz, /metrics and /status; 0 chooses one'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('least severe log lines to write'),
  SHUTDOWN_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(600_000)
    .default(8_000)
    .describe('time for an orderly stop before the process ends all the same, in ms'),
}
/** What a service with a database of its own takes besides. */
export const mongodbConfig = {
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\/\S+$/, 'must begin with mongodb:// or mongodb+srv://')
    .describe('the address of MongoDB, as mongodb://host:27017/?replicaSet=rs0'),
}
export type BaseConfigShape = typeof baseConfig

/** An environment schema that holds at least `baseConfig`. */
export type ServiceConfigSchema = z.ZodObject<BaseConfigShape & z.core.$ZodLooseShape>

/** A replica name that no other process has: `<service>-<8 hex digits>`. */
export function newReplicaId(service: string): string {
  return `${service}-${randomBytes(4).toString('hex')}`
}

/**
 * Reads a process' environment by its schema. An empty variable counts as one that is not set (charts pass those).
 * @throws StartRefusal with one line for each fault, all at once. Values of variables that may hold a secret are not shown.
 */
export function loadConfig<Schema extends z.ZodObject>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>> = process.env,
): z.infer<Schema> {
  const given: Record<string, string> = {}
  for (const name of Object.keys(schema.shape)) {
    const value = env[name]
    if (value !== undefined && value.trim() !== '') given[name] = value
  }
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const lines = result.error.issues.map((issue) => describeIssue(schema, given, issue))
  throw new StartRefusal([
    `The configuration has ${lines.length === 1 ? 'a fault' : `${lines.length} faults`}:`,
    ...lines.map((line) => `  ${line}`),
  ])
}

const mayHoldSecret = /URI|URL|PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL/i

function describeIssue(
  schema: z.ZodObject,
  given: Readonly<Record<string, string>>,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string },
): string {
  const name = String(issue.path[0] ?? '')
  if (name === '') return `${issue.message}.`
  const meaning = (schema.shape[name] as z.ZodType | undefined)?.description
  const explained = meaning === undefined ? '' : ` (${meaning})`
  const value = given[name]
  if (value === undefined) return `${name} is not set${explained}.`
  const shown = mayHoldSecret.test(name) ? '' : ` is ${JSON.stringify(value)}`
  return `${name}${shown}: ${issue.message.replace(/\.$/, '')}${explained}.`
}
