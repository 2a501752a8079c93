import { type DestinationStream, destination, type Logger as PinoLogger, pino, stdSerializers } from 'pino'
import { withoutSecrets } from './secrets.ts'

/** Log lines as JSON. ERROR means that somebody must act now; what heals by itself is a WARN. */
export type Logger = PinoLogger

/**
 * The logger of one process: pino JSON lines on stdout. Members whose name says that they hold a secret are replaced at
 * any depth, and so is whatever looks like an API key or an access token anywhere in a line.
 * @param options.write where lines go instead of stdout
 */
export function createLogger(options: {
  service: string
  replica: string
  level?: string
  write?: (line: string) => void
}): Logger {
  const { write } = options
  const stream: DestinationStream = write === undefined ? standardOutput() : { write }
  return pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service, replica: options.replica },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      serializers: { err: stdSerializers.err },
      formatters: {
        level: (label) => ({ level: label }),
        log: (members) => redact(members, 0) as Record<string, unknown>,
      },
      hooks: { streamWrite: withoutSecrets },
    },
    stream,
  )
}

function standardOutput(): DestinationStream {
  const stdout = destination({ fd: 1, sync: true })
  // A reader that went away must not take the service with it: the parent's death is noticed otherwise.
  stdout.on('error', () => {})
  return stdout
}

const secretName = /(authorization|password|passwd|secret|token|cookie|credential|privatekey(pem)?)s?$/i
const maxDepth = 8

function redact(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error || value instanceof Date) return value
  if (depth === maxDepth) return '[deep]'
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  const copy: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    copy[name] =
      secretName.test(name) && member !== null && member !== undefined ? '[redacted]' : redact(member, depth + 1)
  }
  return copy
}
