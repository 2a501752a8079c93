import { z } from 'zod'
import { actor, json } from '../actor.ts'
import { onNativeEdit } from '../images.ts'
import { mappingRow, rowSource } from '../mapping-set.ts'
import { perSecond, startsJob } from './jobs.ts'
import { adminRoute, flag, listOf, none, ofInstance, page, versionInPath } from './route.ts'

/** A row as it is sent; without an id it is a new one. */
const sentRow = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, 'an id has small letters, digits and hyphens')
    .optional(),
  source: rowSource,
  target: z.string().min(1).max(64),
  readOnly: z.boolean().default(false),
  onNativeEdit: onNativeEdit.default('idp-wins'),
})
export type SentRow = z.infer<typeof sentRow>

const rows = z.array(sentRow).max(200)
const comment = z.string().trim().max(500)

const author = { changedAt: z.iso.datetime().nullable(), changedBy: actor.nullable(), comment: z.string().nullable() }

/** An instance's rows. Version 1 are the predefined ones, saved by nobody. */
export const mappingSet = z.strictObject({
  instanceId: z.uuid(),
  version: z.int().positive(),
  rows: z.array(mappingRow),
  ...author,
  /** The job that applies this version to everyone, where the save began one. */
  applyJob: z.string().nullable(),
})

const draft = z.strictObject({
  instanceId: z.uuid(),
  baseVersion: z.int().positive(),
  rows,
  comment: z.string().nullable(),
  changedAt: z.iso.datetime(),
})

const versionSummary = z.strictObject({
  version: z.int().positive(),
  ...author,
  /** The version whose rows were taken again. */
  restoredFrom: z.int().positive().nullable(),
  /** How many rows it added, changed and took away. */
  changedRows: z.int().nonnegative(),
})

const rowChange = z.strictObject({ path: z.string(), old: json, new: json })
const version = versionInPath.transform(Number)
const ofVersion = ofInstance.extend({ version: versionInPath })

const rowProblem = z.strictObject({ code: z.string(), detail: z.string() })
const preview = z.strictObject({
  baseVersion: z.int().positive(),
  items: z.array(
    z.strictObject({
      userId: z.string(),
      userName: z.string(),
      rows: z.array(
        z.strictObject({
          rowId: z.string(),
          target: z.string(),
          before: z.string().nullable(),
          after: z.string().nullable(),
          error: rowProblem.nullable(),
          warning: rowProblem.nullable(),
        }),
      ),
    }),
  ),
  /** Users asked for that no IdP manages here. */
  notManaged: z.array(z.string()),
})

const rowError = z.strictObject({
  rowId: z.string(),
  target: z.string(),
  userId: z.string(),
  userName: z.string(),
  code: z.string(),
  detail: z.string(),
  lastAt: z.iso.datetime(),
})

const attribute = z.strictObject({
  path: z.string(),
  /** Of its values; `unknown`: the IdP sends it, and its schema does not have it, so that it is dropped. */
  kind: z.enum(['text', 'number', 'boolean', 'unknown']),
  sampleCount: z.int().positive(),
  lastSeenAt: z.iso.datetime(),
  /** The shape of one value: enough to recognise it, never the value. */
  example: z.string().nullable(),
  mappedBy: z.string().nullable(),
})

const onMapping = {
  owner: 'mapping-service',
  entity: 'instance',
  parameters: ofInstance,
  query: none,
  status: 200,
} as const
const reading = { ...onMapping, method: 'GET', kind: 'query', role: 'viewer', body: null, errors: [] } as const
const saving = {
  ...onMapping,
  kind: 'command',
  role: 'admin',
  ifMatch: 'required',
  dryRun: true,
  answer: mappingSet,
  requirement: '4.4',
} as const
const drafting = { ...onMapping, kind: 'command', role: 'admin', requirement: '4.3' } as const

export const mappingSetRoutes = {
  readMappingSet: adminRoute({
    ...reading,
    operationId: 'readMappingSet',
    path: '/instances/{instanceId}/mapping-set',
    answer: mappingSet,
    requirement: '4.1',
    summary: 'The rows that write attributes into fields. The read-only ones carry identity.',
  }),
  saveMappingSet: adminRoute({
    ...saving,
    operationId: 'saveMappingSet',
    method: 'PUT',
    path: '/instances/{instanceId}/mapping-set',
    body: z.strictObject({
      rows,
      comment: comment.optional(),
      /** Begins the job that applies it to everyone, in the same transaction. */
      apply: z.boolean().optional(),
      perSecond: perSecond.optional(),
    }),
    errors: ['validation-failed', 'precondition-failed'],
    summary: 'Saves the rows as a new version; with `apply` for everyone who is provisioned already, too.',
  }),
  restoreDefaultMapping: adminRoute({
    ...saving,
    operationId: 'restoreDefaultMapping',
    method: 'POST',
    path: '/instances/{instanceId}/mapping-set/restore-defaults',
    body: null,
    errors: ['precondition-failed'],
    summary: 'Saves the predefined rows as a new version.',
  }),
  listMappingVersions: adminRoute({
    ...reading,
    operationId: 'listMappingVersions',
    path: '/instances/{instanceId}/mapping-set/versions',
    query: z.strictObject(page),
    answer: listOf(versionSummary),
    requirement: '4.4',
    summary: 'Every version of the mapping set, newest first: when, who, what changed.',
  }),
  readMappingVersion: adminRoute({
    ...reading,
    operationId: 'readMappingVersion',
    path: '/instances/{instanceId}/mapping-set/versions/{version}',
    parameters: ofVersion,
    answer: versionSummary.extend({ rows: z.array(mappingRow) }),
    requirement: '4.4',
    summary: 'One version of the mapping set with its rows.',
  }),
  diffMappingVersions: adminRoute({
    ...reading,
    operationId: 'diffMappingVersions',
    path: '/instances/{instanceId}/mapping-set/versions/{version}/diff',
    parameters: ofVersion,
    query: z.strictObject({ to: version.optional() }),
    answer: z.strictObject({ from: z.int(), to: z.int(), changes: z.array(rowChange) }),
    requirement: '4.4',
    summary: 'What changed from one version to another, row by row; `to` is the current one where it is not said.',
  }),
  restoreMappingVersion: adminRoute({
    ...saving,
    operationId: 'restoreMappingVersion',
    method: 'POST',
    path: '/instances/{instanceId}/mapping-set/versions/{version}/restore',
    parameters: ofVersion,
    body: null,
    errors: ['validation-failed', 'precondition-failed', 'not-found'],
    summary: 'Saves the rows of an older version as a new version.',
  }),
  readMappingDraft: adminRoute({
    ...reading,
    operationId: 'readMappingDraft',
    role: 'admin',
    path: '/instances/{instanceId}/mapping-set/draft',
    answer: draft,
    requirement: '4.3',
    summary: "One's own unsaved rows.",
  }),
  saveMappingDraft: adminRoute({
    ...drafting,
    operationId: 'saveMappingDraft',
    method: 'PUT',
    path: '/instances/{instanceId}/mapping-set/draft',
    body: z.strictObject({ rows, baseVersion: z.int().positive(), comment: comment.optional() }),
    answer: draft,
    errors: [],
    summary: "Keeps one's own unsaved rows, right or wrong, for a later visit.",
  }),
  deleteMappingDraft: adminRoute({
    ...drafting,
    operationId: 'deleteMappingDraft',
    method: 'DELETE',
    path: '/instances/{instanceId}/mapping-set/draft',
    body: null,
    answer: none,
    status: 204,
    errors: [],
    summary: "Throws one's own unsaved rows away.",
  }),
  previewMapping: adminRoute({
    ...onMapping,
    operationId: 'previewMapping',
    method: 'POST',
    kind: 'query',
    role: 'lite-admin',
    path: '/instances/{instanceId}/mapping-set/preview',
    body: z
      .strictObject({
        rows: rows.optional(),
        users: z.array(z.uuid()).min(1).max(50).optional(),
        sample: z.int().min(1).max(50).optional(),
      })
      .refine(({ users, sample }) => (users === undefined) !== (sample === undefined), 'either users or sample'),
    answer: preview,
    errors: ['validation-failed', 'not-found'],
    requirement: '4.3',
    summary: "What rows (or else one's own draft) would give for real users. Nothing is saved.",
  }),
  countMapping: adminRoute({
    ...onMapping,
    ...startsJob,
    operationId: 'countMapping',
    method: 'POST',
    kind: 'command',
    role: 'lite-admin',
    path: '/instances/{instanceId}/mapping-set/count',
    body: z.strictObject({ rows: rows.optional() }),
    errors: ['validation-failed', 'not-found'],
    requirement: '4.3',
    summary: "Counts for whom rows (or else one's own draft) would change a field, clear one, or fail.",
  }),
  applyMapping: adminRoute({
    ...onMapping,
    ...startsJob,
    operationId: 'applyMapping',
    method: 'POST',
    kind: 'command',
    role: 'admin',
    path: '/instances/{instanceId}/mapping-set/apply',
    body: z.strictObject({ perSecond: perSecond.optional() }),
    errors: ['job-already-running'],
    requirement: '4.4',
    summary: 'Applies the current version to everyone who is mapped by an older one.',
  }),
  listRowErrors: adminRoute({
    ...reading,
    operationId: 'listRowErrors',
    path: '/instances/{instanceId}/mapping-set/row-errors',
    query: z.strictObject({ ...page, userId: z.uuid().optional() }),
    answer: listOf(rowError),
    exports: true,
    requirement: '4.6',
    summary: 'Rows that gave no value for a user, or had to choose between several. The users are stored.',
  }),
  listAttributes: adminRoute({
    ...reading,
    operationId: 'listAttributes',
    path: '/instances/{instanceId}/attributes',
    query: z.strictObject({ ...page, mapped: flag.optional() }),
    answer: listOf(attribute),
    requirement: '4.5',
    summary: 'The attributes that the IdP sends, and the row that maps each; `mapped=false`: those that none does.',
  }),
} as const
