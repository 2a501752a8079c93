import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { bindServer } from './bind-server.ts'
import { baseConfig, mongodbConfig } from './config.ts'
import { run } from './lifecycle.ts'

// A service for the lifecycle's tests; they run it as a process of its own and choose how it behaves.
const schema = z.object({
  ...mongodbConfig,
  ...baseConfig,
  BEHAVIOUR: z.string(),
  TAKEN_PORT: z.coerce.number().default(0),
})

await run('test-service', schema, async ({ config, log, health, stopping }) => {
  const owned = new AsyncDisposableStack()
  for (const name of ['first', 'second', 'third']) owned.defer(() => log.info(`disposed ${name}`))
  health.check('store', () => 'does not answer')
  health.status(() => ({ behaviour: config.BEHAVIOUR }))
  switch (config.BEHAVIOUR) {
    case 'reject':
      setTimeout(() => void Promise.reject(new Error('nobody cares')), 10)
      break
    case 'hang':
      owned.defer(() => wait(60_000))
      break
    case 'port-in-use': {
      const { createServer } = await import('node:http')
      await bindServer(createServer(), { port: config.TAKEN_PORT, host: '127.0.0.1', purpose: 'SCIM listener' })
      break
    }
    case 'slow-start':
      log.info('starting slowly')
      await wait(60_000, undefined, { signal: stopping })
  }
  return { ports: { scim: 8080 }, [Symbol.asyncDispose]: () => owned.disposeAsync() }
})
