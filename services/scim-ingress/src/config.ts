import { baseConfig, port } from '@user-provisioning/runtime/config'
import { z } from 'zod'

/** The environment of scim-ingress. */
export const configSchema = z.object({
  ...baseConfig,
  HOST: z.string().default('0.0.0.0').describe('address that the SCIM and admin listeners listen on'),
  SCIM_PORT: port.default(8080).describe('port of the SCIM listener; replicas on one machine share it'),
  ADMIN_PORT: port.default(8081).describe('port of the admin listener; replicas on one machine share it'),
  MAX_CONNECTIONS: z.coerce
    .number()
    .int()
    .min(10)
    .default(10_000)
    .describe('connections that each listener holds at once; more are closed as they come'),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .describe('address under which IdPs reach the SCIM listener, the beginning of every Tenant URL'),
  SIGNING_KEYS_DIR: z.string().describe('folder of the private keys that API keys are signed with, one <kid>.pem each'),
})

export type Config = z.infer<typeof configSchema>
