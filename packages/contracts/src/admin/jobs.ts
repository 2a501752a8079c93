import { z } from 'zod'
import { actor, jsonObject } from '../actor.ts'
import { itemFault } from '../errors.ts'
import { decodeCursor, encodeCursor, type ListIdentity } from './cursor.ts'
import { adminRoute, jobOwners, listOf, none, ofInstance, page } from './route.ts'

export const jobKinds = [
  'mapping-apply',
  'mapping-count',
  'rule-run',
  'object-import',
  'user-import',
  'group-import',
  'user-rename',
  'pick-up-report',
  'pick-up-undo',
  'guard-release',
  'reconciliation',
  'announce-again',
] as const
export type JobKind = (typeof jobKinds)[number]

export const jobStates = ['queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'] as const

/** A job in one of these is over for good. */
export const endedStates: readonly (typeof jobStates)[number][] = ['succeeded', 'failed', 'cancelled']

const jobKind = z.enum(jobKinds)

/** Whatever may take over 5 s, of whatever kind. */
export const job = z.strictObject({
  id: z.string(),
  instanceId: z.uuid().nullable(),
  kind: jobKind,
  state: z.enum(jobStates),
  /** What was asked: "pausing" is `wanted: pause` and `state: running`. */
  wanted: z.enum(['run', 'pause', 'cancel']),
  progress: z.strictObject({
    done: z.int().nonnegative(),
    /** Null: not counted yet. */
    total: z.int().nonnegative().nullable(),
    failed: z.int().nonnegative(),
    skipped: z.int().nonnegative(),
    perSecond: z.number().nonnegative(),
    /** When it will be done if it goes on like this. */
    endsAt: z.iso.datetime().nullable(),
  }),
  parameters: jsonObject,
  result: jsonObject.nullable(),
  /** The problem that it failed with. */
  error: z.strictObject({ code: z.string(), title: z.string(), detail: z.string() }).nullable(),
  createdAt: z.iso.datetime(),
  createdBy: actor,
  changedAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  supersededBy: z.string().nullable(),
  correlationId: z.string(),
  version: z.int().positive(),
})
export type Job = z.infer<typeof job>

/** One item that a job could not do: `line` of a file, or the `entityId` it was about; `item` is the row as sent. */
export const jobError = z.strictObject({
  n: z.int().nonnegative(),
  line: z.int().positive().nullable(),
  entityId: z.string().nullable(),
  ...itemFault.pick({ pointer: true, code: true, detail: true }).shape,
  item: jsonObject.nullable(),
})
export type JobError = z.infer<typeof jobError>

/** How many items a job may take in a second. */
export const perSecond = z.int().min(1).max(100_000)

/** The answer of a route that begins a job. */
export const startsJob = { answer: job, status: 202 } as const

const listed = z.strictObject({ ...page, kind: jobKind.optional(), state: z.enum(jobStates).optional() })
/** Joined from every owner of jobs; `incomplete` names those that did not answer in time. */
const jobList = listOf(job).extend({ incomplete: z.array(z.string()).optional() })
const ofJob = ofInstance.extend({ jobId: z.string().regex(/^[a-z]+_[0-9a-f-]{36}$/) })

const onJob = {
  owner: { prefixOf: 'jobId' },
  entity: { parameter: 'jobId' },
  parameters: ofJob,
  status: 200,
  requirement: '7.2',
} as const

const control = {
  ...onJob,
  method: 'POST',
  kind: 'command',
  role: ['lite-admin', 'operator'],
  ownUnless: ['admin', 'operator'],
  query: none,
  body: null,
  answer: job,
  ifMatch: 'honoured',
  errors: ['state-conflict', 'precondition-failed'],
} as const

const jobRows = { ...onJob, method: 'GET', kind: 'query', query: z.strictObject({ ...page }), body: null } as const

export const jobRoutes = {
  listJobs: adminRoute({
    operationId: 'listJobs',
    method: 'GET',
    path: '/instances/{instanceId}/jobs',
    owner: jobOwners,
    kind: 'query',
    role: ['viewer', 'operator'],
    entity: 'instance',
    parameters: ofInstance,
    query: listed,
    body: null,
    answer: jobList,
    status: 200,
    events: 'changes',
    errors: [],
    requirement: '7.2',
    summary: 'The jobs of an instance, newest first, of all services.',
  }),
  listAllJobs: adminRoute({
    operationId: 'listAllJobs',
    method: 'GET',
    path: '/jobs',
    owner: jobOwners,
    kind: 'query',
    role: 'operator-of-all',
    entity: 'instance',
    parameters: none,
    query: listed,
    body: null,
    answer: jobList,
    status: 200,
    events: 'changes',
    errors: [],
    requirement: '8.3',
    summary: 'The jobs of all instances, newest first.',
  }),
  readJob: adminRoute({
    ...onJob,
    operationId: 'readJob',
    method: 'GET',
    path: '/instances/{instanceId}/jobs/{jobId}',
    kind: 'query',
    role: ['viewer', 'operator'],
    query: none,
    body: null,
    answer: job,
    events: 'changes',
    errors: [],
    summary: 'One job with its progress.',
  }),
  changeJob: adminRoute({
    ...control,
    operationId: 'changeJob',
    method: 'PATCH',
    path: '/instances/{instanceId}/jobs/{jobId}',
    /** Null: as fast as its kind goes by itself. */
    body: z.strictObject({ perSecond: perSecond.nullable() }),
    summary: 'Throttles a job to so many items a second.',
  }),
  pauseJob: adminRoute({
    ...control,
    operationId: 'pauseJob',
    path: '/instances/{instanceId}/jobs/{jobId}/pause',
    summary: 'Lets a job rest after the part that it is at.',
  }),
  resumeJob: adminRoute({
    ...control,
    operationId: 'resumeJob',
    path: '/instances/{instanceId}/jobs/{jobId}/resume',
    summary: 'Lets a paused job go on from where it was.',
  }),
  cancelJob: adminRoute({
    ...control,
    operationId: 'cancelJob',
    path: '/instances/{instanceId}/jobs/{jobId}/cancel',
    summary: 'Ends a job after the part that it is at. What was done stays, and the job says how much that was.',
  }),
  listJobErrors: adminRoute({
    ...jobRows,
    operationId: 'listJobErrors',
    path: '/instances/{instanceId}/jobs/{jobId}/errors',
    // Rows as they were sent: values that an operator does not see.
    role: 'viewer',
    answer: listOf(jobError),
    exports: true,
    errors: [],
    summary: 'The items that a job could not do, each with its reason.',
  }),
  listJobResult: adminRoute({
    ...jobRows,
    operationId: 'listJobResult',
    path: '/instances/{instanceId}/jobs/{jobId}/result',
    role: 'viewer',
    answer: listOf(jsonObject),
    exports: true,
    errors: [],
    summary: 'The rows of a report that a job made.',
  }),
} as const

type JobQuery = Pick<z.infer<typeof listed>, 'kind' | 'state'>
type JobPlace = Pick<Job, 'createdAt' | 'id'>

/** The order of a list of jobs. */
export function newestFirst(a: JobPlace, b: JobPlace): number {
  return compare(b.createdAt, a.createdAt) || compare(b.id, a.id)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The cursor behind a job in a list: the same whichever owner the job has, so that a joined list goes on at all of them. */
export function jobCursor(instanceId: string | null, query: JobQuery, { createdAt, id }: JobPlace): string {
  return encodeCursor(identityOf(instanceId, query), [createdAt, id])
}

/** The place that a cursor of such a list stands for. @throws ScimError cursor-invalid */
export function jobPlaceOf(instanceId: string | null, query: JobQuery, cursor: string): JobPlace {
  const [createdAt = '', id = ''] = decodeCursor(identityOf(instanceId, query), cursor, 2)
  return { createdAt, id }
}

function identityOf(instanceId: string | null, { kind, state }: JobQuery): ListIdentity {
  return ['listJobs', instanceId, kind, state]
}
