import { z } from 'zod'
import { warning } from './actor.ts'
import { fields, link, onNativeEdit } from './images.ts'

const proposal = {
  /** `<fact id>/mapping` or `/workflow`: one proposal for one fact, however often it is sent. */
  id: z.string(),
  instanceId: z.string(),
  userId: z.string(),
  at: z.iso.datetime(),
  /** The fact it answers. */
  factId: z.string(),
  correlationId: z.string(),
  warnings: z.array(warning),
}

/** Field values that a mapping set gives for one SCIM version of a user. Applied only while that version is the current one. */
export const proposeFields = z.strictObject({
  type: z.literal('ProposeFields'),
  ...proposal,
  scimVersion: z.int().nonnegative(),
  mappingSetVersion: z.int().positive(),
  fields,
  /** The mapping row behind each field. */
  rows: z.record(z.string(), z.string()),
  /** By field, where its row says something else than `idp-wins`. */
  onNativeEdit: z.record(z.string(), onNativeEdit).optional(),
})

/** The links that the rules give for one version of a user's fields: all links that rules hold, the others go. */
export const proposeLinks = z.strictObject({
  type: z.literal('ProposeLinks'),
  ...proposal,
  fieldsVersion: z.int().nonnegative(),
  rulesVersion: z.int().positive(),
  /** Counts what the rules have come to for this user, so that of two proposals the newer one stays. */
  linksRevision: z.int().positive().optional(),
  links: z.array(link.omit({ rulesVersion: true })),
})

export type ProposeFields = z.infer<typeof proposeFields>
export type ProposeLinks = z.infer<typeof proposeLinks>
