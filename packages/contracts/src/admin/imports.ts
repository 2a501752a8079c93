import { z } from 'zod'
import { jsonObject } from '../actor.ts'
import { itemFault } from '../errors.ts'
import { startsJob } from './jobs.ts'
import { ofInstance } from './route.ts'

/** One row of a file: as it was read, or as it was sent, with what is wrong with it. `line` counts from 1, the header too. */
export const importRow = z.strictObject({
  line: z.int().positive(),
  row: jsonObject,
  fault: itemFault.optional(),
})
export type ImportRow = z.infer<typeof importRow>

/** What the ingress sends of a file: up to 1,000 rows. The job begins with the last part. */
export const importPart = z.strictObject({
  part: z.int().nonnegative(),
  isLast: z.boolean(),
  rows: z.array(importRow).max(1_000),
})
export type ImportPart = z.infer<typeof importPart>

/** `upsert` changes what is there already under the row's name; `create` lists it as an error. */
export const importQuery = z.strictObject({ mode: z.enum(['create', 'upsert']).default('create') })

/** A route that takes a file for an instance: it begins a job. */
export const takesFile = {
  method: 'POST',
  kind: 'command',
  role: 'lite-admin',
  entity: 'instance',
  parameters: ofInstance,
  body: importPart,
  ...startsJob,
  imports: true,
  errors: ['job-already-running'],
  requirement: '3.1',
} as const

/** A file whose rows each make one of something. */
export const importsRows = { ...takesFile, query: importQuery, dryRun: true } as const
