import { z } from 'zod'
import { actor, change, json, warning } from './actor.ts'

const engineFact = {
  id: z.string(),
  instanceId: z.string(),
  entityId: z.string(),
  at: z.iso.datetime(),
  correlationId: z.string(),
}

/** Mapping rows gave no value for a user (the user is stored, their fields are left as they were), or had to choose one. */
export const rowsFailed = z.strictObject({
  type: z.literal('RowsFailed'),
  ...engineFact,
  mappingSetVersion: z.int().positive(),
  warnings: z.array(warning).min(1),
})
/** Rows were saved as a new version: `rows/<id>` with the row before and after. */
export const mappingSetSaved = z.strictObject({
  type: z.literal('MappingSetSaved'),
  ...engineFact,
  actor,
  version: z.int().positive(),
  comment: z.string().nullable(),
  changes: z.array(z.strictObject({ path: z.string(), old: json, new: json })),
})
export const mappingFact = z.discriminatedUnion('type', [rowsFailed, mappingSetSaved])
export type MappingFact = z.infer<typeof mappingFact>

/** The rules ran once over one change of a user's fields; `warnings` say which object was not found. */
export const rulesRan = z.strictObject({
  type: z.literal('RulesRan'),
  ...engineFact,
  rulesVersion: z.int().positive(),
  fieldsVersion: z.int().nonnegative(),
  warnings: z.array(warning),
})
/** An object that rules link users to was created. */
export const objectCreated = z.strictObject({
  type: z.literal('ObjectCreated'),
  ...engineFact,
  objectType: z.string(),
  name: z.string(),
  actor,
})
/** Something that rules work with changed: the rules themselves, an object, or a type of objects. */
export const workflowChanged = z.strictObject({
  type: z.enum(['RulesSaved', 'RulePaused', 'ObjectChanged', 'ObjectMerged', 'ObjectDeleted', 'ObjectTypeChanged']),
  ...engineFact,
  actor,
  subject: z.strictObject({ type: z.string(), id: z.string(), name: z.string().nullable() }),
  /** What merged objects became. */
  into: z.string().optional(),
  changes: z.array(change),
  warnings: z.array(warning),
})
export type WorkflowChanged = z.infer<typeof workflowChanged>
export const workflowFact = z.discriminatedUnion('type', [rulesRan, objectCreated, workflowChanged])
export type WorkflowFact = z.infer<typeof workflowFact>
