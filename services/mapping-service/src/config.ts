import { baseConfig, mongodbConfig } from '@user-provisioning/runtime/config'
import { z } from 'zod'

/** The environment of mapping-service. */
export const configSchema = z.object({
  ...baseConfig,
  ...mongodbConfig,
  MONGODB_DATABASE: z.string().min(1).default('mapping').describe('database that this service alone reads and writes'),
})

export type Config = z.infer<typeof configSchema>
