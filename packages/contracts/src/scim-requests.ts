import { z } from 'zod'
import { jsonObject } from './actor.ts'

/** What each SCIM request carries: identity checks the API key, its integration user and the instance again itself. */
const scimRequest = {
  requestId: z.string(),
  instanceId: z.string(),
  apiKeyId: z.string(),
  at: z.iso.datetime(),
  deadlineAt: z.iso.datetime(),
}

/** One PATCH operation as `packages/scim` reads it: the path as text, in the schema's spelling. */
export const patchOperation = z.strictObject({
  op: z.enum(['add', 'replace', 'remove']),
  path: z.string().optional(),
  value: z.json().optional(),
})

/** A list of entity tags of If-Match or If-None-Match, or `*`. */
const ifMatch = z.array(z.string()).optional()

const user = { ...scimRequest, userId: z.string() }
const group = { ...scimRequest, groupId: z.string() }

/** SCIM commands. The ids of creates are minted by the ingress, so that an entity has one key from birth. */
export const scimCommands = [
  z.strictObject({ type: z.literal('ProvisionUser'), ...user, scim: jsonObject }),
  z.strictObject({ type: z.literal('ReplaceUser'), ...user, scim: jsonObject, ifMatch }),
  z.strictObject({ type: z.literal('PatchUser'), ...user, operations: z.array(patchOperation), ifMatch }),
  z.strictObject({ type: z.literal('DeleteUser'), ...user, ifMatch }),
  z.strictObject({ type: z.literal('PickUpUser'), ...user }),
  z.strictObject({ type: z.literal('ProvisionGroup'), ...group, scim: jsonObject }),
  z.strictObject({ type: z.literal('ReplaceGroup'), ...group, scim: jsonObject, ifMatch }),
  z.strictObject({ type: z.literal('PatchGroup'), ...group, operations: z.array(patchOperation), ifMatch }),
  z.strictObject({ type: z.literal('DeleteGroup'), ...group, ifMatch }),
  z.strictObject({ type: z.literal('PickUpGroup'), ...group }),
] as const

const list = {
  ...scimRequest,
  /** The SCIM filter as sent, already found well-formed. */
  filter: z.string().nullable(),
  /** 1-based, RFC 7644 3.4.2.4. */
  startIndex: z.int().positive(),
  count: z.int().nonnegative(),
  sortBy: z.string().nullable(),
  sortOrder: z.enum(['ascending', 'descending']),
}

export const scimQueries = [
  z.strictObject({ type: z.literal('ReadScimUser'), ...user, withGroups: z.boolean() }),
  z.strictObject({ type: z.literal('FindUsers'), ...list, withGroups: z.boolean() }),
  z.strictObject({ type: z.literal('ReadScimGroup'), ...group, withMembers: z.boolean() }),
  z.strictObject({ type: z.literal('FindGroups'), ...list, withMembers: z.boolean() }),
] as const
