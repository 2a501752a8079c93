import { run } from '@user-provisioning/runtime/lifecycle'
import { configSchema } from './config.ts'
import { startService } from './service.ts'

await run('scim-ingress', configSchema, startService)
