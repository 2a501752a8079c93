import { z } from 'zod'
import { json, jsonObject } from './actor.ts'

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
  value: json.optional(),
})

/** What must be true of the entity's tag (RFC 9110 section 13.1): one of these, none of these; `*` is any. */
const preconditions = { ifMatch: z.array(z.string()).optional(), ifNoneMatch: z.array(z.string()).optional() }

const user = { ...scimRequest, userId: z.string() }
const group = { ...scimRequest, groupId: z.string() }

/** SCIM commands. The ids of creates are minted by the ingress, so that an entity has one key from birth. */
export const scimCommands = [
  z.strictObject({ type: z.literal('ProvisionUser'), ...user, scim: jsonObject }),
  z.strictObject({ type: z.literal('ReplaceUser'), ...user, scim: jsonObject, ...preconditions }),
  z.strictObject({ type: z.literal('PatchUser'), ...user, operations: z.array(patchOperation), ...preconditions }),
  z.strictObject({ type: z.literal('DeleteUser'), ...user, ...preconditions }),
  z.strictObject({ type: z.literal('PickUpUser'), ...user }),
  z.strictObject({ type: z.literal('ProvisionGroup'), ...group, scim: jsonObject }),
  z.strictObject({ type: z.literal('ReplaceGroup'), ...group, scim: jsonObject, ...preconditions }),
  z.strictObject({ type: z.literal('PatchGroup'), ...group, operations: z.array(patchOperation), ...preconditions }),
  z.strictObject({ type: z.literal('DeleteGroup'), ...group, ...preconditions }),
  z.strictObject({ type: z.literal('PickUpGroup'), ...group }),
] as const

/** Where a resource stands in a list: its id, and the value that the list is sorted by (null: none; left out: by id). */
export const listPosition = z.strictObject({
  id: z.string(),
  value: z.union([z.string(), z.number(), z.boolean()]).nullable().optional(),
})

const list = {
  ...scimRequest,
  /** The SCIM filter as sent, already found well-formed. */
  filter: z.string().nullable(),
  /** 1-based, RFC 7644 3.4.2.4; without meaning in a walk. */
  startIndex: z.int().positive(),
  count: z.int().nonnegative(),
  /** In the schema's spelling. */
  sortBy: z.string().nullable(),
  sortOrder: z.enum(['ascending', 'descending']),
  /** A walk by cursor (RFC 9865): from where it goes on, and how many there are in all; null on its first page. */
  walk: z.strictObject({ after: listPosition, total: z.int().nonnegative() }).nullable().optional(),
}

export const scimQueries = [
  z.strictObject({ type: z.literal('ReadScimUser'), ...user, withGroups: z.boolean() }),
  z.strictObject({ type: z.literal('FindUsers'), ...list, withGroups: z.boolean() }),
  z.strictObject({ type: z.literal('ReadScimGroup'), ...group, withMembers: z.boolean() }),
  z.strictObject({ type: z.literal('FindGroups'), ...list, withMembers: z.boolean() }),
  /** Users and groups in one list (RFC 7644 3.4.2.1). */
  z.strictObject({ type: z.literal('FindResources'), ...list, withGroups: z.boolean(), withMembers: z.boolean() }),
  /** More members of groups that were read before: as many as fit into one answer, of the first groups first. */
  z.strictObject({
    type: z.literal('ReadMembers'),
    ...scimRequest,
    groups: z.array(z.strictObject({ id: z.string(), after: z.string() })).min(1),
  }),
] as const
