import { z } from 'zod'
import { adminRequestsOf } from './admin-requests.ts'
import { scimCommands, scimQueries } from './scim-requests.ts'
import { signingKeyRecord } from './states.ts'

/** The ingress tells the public half of the key that it signs with, before it signs with it. */
export const registerSigningKey = z.strictObject({
  type: z.literal('RegisterSigningKey'),
  requestId: z.string(),
  at: z.iso.datetime(),
  deadlineAt: z.iso.datetime(),
  key: signingKeyRecord,
})

export const scimCommand = z.discriminatedUnion('type', [...scimCommands])
export const scimQuery = z.discriminatedUnion('type', [...scimQueries])
export type ScimCommand = z.infer<typeof scimCommand>
export type ScimQuery = z.infer<typeof scimQuery>
export type RegisterSigningKey = z.infer<typeof registerSigningKey>

const [firstCommand, ...otherCommands] = adminRequestsOf('identity-service', 'command')
const [firstQuery, ...otherQueries] = adminRequestsOf('identity-service', 'query')
if (!firstCommand || !firstQuery) throw new Error('identity-service owns no admin routes')

/** Commands to identity-service: what one entity is asked to become. */
export const identityRequest = z.discriminatedUnion('type', [
  ...scimCommands,
  registerSigningKey,
  firstCommand,
  ...otherCommands,
])
/** Reads of identity-service. */
export const identityQuery = z.discriminatedUnion('type', [...scimQueries, firstQuery, ...otherQueries])
export type IdentityRequest = z.infer<typeof identityRequest>
export type IdentityQuery = z.infer<typeof identityQuery>
