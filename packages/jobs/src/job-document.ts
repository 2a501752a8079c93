import type { Actor } from '@user-provisioning/contracts/actor'
import type { Job, JobError, JobKind } from '@user-provisioning/contracts/admin/jobs'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'

type JsonObject = Job['parameters']

/** A job as its owner keeps it. */
export interface JobDocument {
  readonly _id: string
  readonly instanceId: string | null
  readonly kind: JobKind
  /** Of what there is one at a time in the instance; '' where the kind is all. */
  readonly scope: string
  readonly holdsScope: boolean
  readonly state: Job['state']
  readonly wanted: Job['wanted']
  /** False while its input is still coming in. */
  readonly isReady: boolean
  /** Items gone through, those that failed or were skipped among them. */
  readonly done: number
  readonly failed: number
  readonly skipped: number
  readonly total: number | null
  /** The throttle; null: none. */
  readonly perSecond: number | null
  /** As measured. */
  readonly speed: number
  readonly errorRows: number
  readonly resultRows: number
  /** Where it goes on: what its kind made of it. */
  readonly checkpoint: unknown
  readonly parameters: JsonObject
  readonly result: JsonObject | null
  readonly error: Job['error']
  readonly createdAt: Date
  readonly createdBy: Actor
  readonly changedAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  readonly supersededBy: string | null
  readonly correlationId: string
  readonly fingerprint: string | null
  readonly version: number
  /** Which run has it, and until when nobody else may take it. */
  readonly leaseHolder: string | null
  readonly leaseUntil: Date
  /** When it is forgotten: 30 days after its end. */
  readonly expiresAt: Date | null
}

export const keptMs = 30 * 24 * 3_600_000

/** Spans instances, since an operator sees the jobs of all of them; whoever reads names one or means all. */
export const jobs = defineCollection<JobDocument>({
  name: 'jobs',
  scope: 'global',
  schema: {
    instanceId: { type: String },
    kind: { type: String, required: true },
    scope: { type: String },
    holdsScope: { type: Boolean, required: true },
    state: { type: String, required: true },
    wanted: { type: String, required: true },
    isReady: { type: Boolean, required: true },
    done: { type: Number, required: true },
    failed: { type: Number, required: true },
    skipped: { type: Number, required: true },
    total: { type: Number },
    perSecond: { type: Number },
    speed: { type: Number, required: true },
    errorRows: { type: Number, required: true },
    resultRows: { type: Number, required: true },
    checkpoint: { type: Object },
    parameters: { type: Object, required: true },
    result: { type: Object },
    error: { type: Object },
    createdAt: { type: Date, required: true },
    createdBy: { type: Object, required: true },
    changedAt: { type: Date, required: true },
    startedAt: { type: Date },
    endedAt: { type: Date },
    supersededBy: { type: String },
    correlationId: { type: String, required: true },
    fingerprint: { type: String },
    version: { type: Number, required: true },
    leaseHolder: { type: String },
    leaseUntil: { type: Date, required: true },
    expiresAt: { type: Date },
  },
  indexes: [
    {
      keys: { instanceId: 1, kind: 1, scope: 1 },
      options: { name: 'one-at-a-time', unique: true, partialFilterExpression: { holdsScope: true } },
    },
    { keys: { instanceId: 1, createdAt: -1, _id: -1 } },
    { keys: { createdAt: -1, _id: -1 } },
    { keys: { state: 1, createdAt: 1 } },
    { keys: { expiresAt: 1 }, options: { expireAfterSeconds: 0 } },
  ],
})

/** An item that failed, or a row of a report: `n` counts each list of a job from 0. */
export interface JobRow {
  readonly _id: string
  readonly jobId: string
  readonly list: 'errors' | 'result'
  readonly n: number
  readonly row: JsonObject | Omit<JobError, 'n'>
  readonly expiresAt: Date
}

/** Forgotten by themselves a month after the longest job has: removing the rows of a job is no work at its end. */
export const rowsKeptMs = 2 * keptMs

export const jobRows = defineCollection<JobRow>({
  name: 'jobRows',
  scope: 'global',
  schema: {
    jobId: { type: String, required: true },
    list: { type: String, required: true },
    n: { type: Number, required: true },
    row: { type: Object, required: true },
    expiresAt: { type: Date, required: true },
  },
  indexes: [{ keys: { jobId: 1, list: 1, n: 1 } }, { keys: { expiresAt: 1 }, options: { expireAfterSeconds: 0 } }],
})

/** The job as the admin API shows it. */
export function presentJob(job: JobDocument): Job {
  const left = job.total === null ? null : Math.max(0, job.total - job.done)
  const isUnderWay = job.state === 'running' && left !== null && job.speed > 0
  const endsAt = isUnderWay ? new Date(job.changedAt.getTime() + (left / job.speed) * 1_000) : null
  return {
    id: job._id,
    instanceId: job.instanceId,
    kind: job.kind,
    state: job.state,
    wanted: job.wanted,
    progress: {
      done: job.done,
      total: job.total,
      failed: job.failed,
      skipped: job.skipped,
      perSecond: Math.round(job.speed * 10) / 10,
      endsAt: endsAt?.toISOString() ?? null,
    },
    parameters: { ...job.parameters, perSecond: job.perSecond },
    result: job.result,
    error: job.error,
    createdAt: job.createdAt.toISOString(),
    createdBy: job.createdBy,
    changedAt: job.changedAt.toISOString(),
    startedAt: job.startedAt?.toISOString() ?? null,
    endedAt: job.endedAt?.toISOString() ?? null,
    supersededBy: job.supersededBy,
    correlationId: job.correlationId,
    version: job.version,
  }
}
