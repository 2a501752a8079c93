import { z } from 'zod'
import { jsonObject } from './actor.ts'

export const userState = z.enum(['active', 'suspended', 'deleted'])
export type UserState = z.infer<typeof userState>

/** The user is linked to `object` of `objectType` because of the rule. */
export const link = z.strictObject({
  objectType: z.string(),
  objectId: z.string(),
  objectName: z.string(),
  ruleId: z.string(),
  rulesVersion: z.int().positive(),
})
export type Link = z.infer<typeof link>

/** Field values of the product's User entity by field name; null where a field was cleared. */
export const fields = z.record(z.string(), z.string().nullable())
export type Fields = z.infer<typeof fields>

/**
 * What a native edit of a field that the IdP provides comes to (4.2): `idp-wins` (the default) refuses it, `until-next-change`
 * takes it, and the IdP's next change overwrites it.
 */
export const onNativeEdit = z.enum(['idp-wins', 'until-next-change'])
export type OnNativeEdit = z.infer<typeof onNativeEdit>

/** Where a field's value comes from: a mapping row of a set's version, or the product itself. */
export const fieldSources = z.record(
  z.string(),
  z.union([
    z.strictObject({ rowId: z.string(), setVersion: z.int(), onNativeEdit: onNativeEdit.optional() }),
    z.literal('native'),
  ]),
)

/** A user as it is after a change. Readers of state ignore one whose `version` is not above their last. */
export const userImage = z.strictObject({
  id: z.string(),
  scimSyncId: z.string().nullable(),
  userName: z.string(),
  externalId: z.string().nullable(),
  state: userState,
  scim: jsonObject,
  fields,
  directManager: z.string().nullable(),
  pendingManager: z.string().nullable(),
  links: z.array(link),
  version: z.int().positive(),
  scimVersion: z.int().nonnegative(),
  fieldsVersion: z.int().nonnegative(),
  /** Of the last applied proposal of links. */
  linksRevision: z.int().nonnegative().optional(),
  createdAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
})
export type UserImage = z.infer<typeof userImage>

/** A group as it is after a change, without its members. */
export const groupImage = z.strictObject({
  id: z.string(),
  scimSyncId: z.string().nullable(),
  displayName: z.string(),
  externalId: z.string().nullable(),
  state: z.enum(['active', 'deleted']),
  scim: jsonObject,
  version: z.int().positive(),
  scimVersion: z.int().nonnegative(),
  createdAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
})
export type GroupImage = z.infer<typeof groupImage>

export const member = z.strictObject({
  id: z.string(),
  type: z.enum(['User', 'Group']),
  name: z.string(),
})
export type Member = z.infer<typeof member>
