import { baseConfig, mongodbConfig } from '@user-provisioning/runtime/config'
import { z } from 'zod'

/** The environment of identity-service. */
export const configSchema = z.object({
  ...baseConfig,
  ...mongodbConfig,
  MONGODB_DATABASE: z.string().min(1).default('identity').describe('database that this service alone reads and writes'),
  BOOTSTRAP_ACCESS_TOKEN_HASH: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits in lower case')
    .optional()
    .describe("SHA-256 of the first administrator's access token, in hex"),
})
export type Config = z.infer<typeof configSchema>
