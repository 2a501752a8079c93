import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { baseConfig, loadConfig, mongodbConfig } from './config.ts'
import { StartRefusal } from './start-refusal.ts'

const schema = z.object({
  ...baseConfig,
  ...mongodbConfig,
  SCIM_PORT: z.coerce.number().int().describe('port of the SCIM endpoint'),
})
const right = { MONGODB_URI: 'mongodb://127.0.0.1/', KAFKA_BROKERS: 'a:9092, b:9093', SCIM_PORT: '8080' }

function refusalOf(env: Record<string, string>): string {
  try {
    loadConfig(schema, env)
  } catch (err) {
    if (err instanceof StartRefusal) return err.lines.join('\n')
    throw err
  }
  return ''
}

describe('configuration', () => {
  test('is read with its defaults, numbers as numbers, lists as lists', () => {
    expect(loadConfig(schema, right)).toMatchObject({
      KAFKA_BROKERS: ['a:9092', 'b:9093'],
      SCIM_PORT: 8080,
      MANAGEMENT_PORT: 0,
      LOG_LEVEL: 'info',
      SHUTDOWN_TIMEOUT_MS: 8_000,
      REPLICA_ID: expect.stringMatching(/^replica-[0-9a-f]{8}$/),
    })
  })

  test('names every fault at once, each with what the variable is for', () => {
    const told = refusalOf({ KAFKA_BROKERS: 'kafka', SCIM_PORT: 'http', LOG_LEVEL: 'loud', MANAGEMENT_PORT: '70000' })
    expect(told).toContain('5 faults')
    expect(told).toMatch(/MONGODB_URI is not set \(the address of MongoDB/)
    expect(told).toMatch(/KAFKA_BROKERS is "kafka": must be host:port/)
    expect(told).toMatch(/SCIM_PORT is "http": .*port of the SCIM endpoint/)
    expect(told).toMatch(/LOG_LEVEL is "loud": .*"debug"/)
    expect(told).toMatch(/MANAGEMENT_PORT is "70000": /)
  })

  test('takes an empty variable for one that is not set', () => {
    expect(loadConfig(schema, { ...right, LOG_LEVEL: '' }).LOG_LEVEL).toBe('info')
    expect(refusalOf({ ...right, MONGODB_URI: ' ' })).toContain('MONGODB_URI is not set')
  })

  test('never shows a value that may hold a password', () => {
    expect(refusalOf({ ...right, MONGODB_URI: 'postgres://me:hunter2@host' })).not.toContain('hunter2')
  })
})
