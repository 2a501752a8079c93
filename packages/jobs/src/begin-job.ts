import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import { adminReply, type Reply } from '@user-provisioning/contracts/reply'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { duplicateKeyOf, isWriteConflict } from '@user-provisioning/mongo/store-errors'
import { insert, update, type Write } from '@user-provisioning/mongo/write'
import { type JobDocument, jobs, presentJob } from './job-document.ts'
import type { JobKind } from './job-kind.ts'

export interface NewJob {
  readonly kind: Pick<JobKind, 'kind' | 'second' | 'perSecond'>
  readonly parameters: JobDocument['parameters']
  /** Of what there is one at a time, within the instance and kind. */
  readonly scope?: string
  /** Items a second; the kind's own throttle where it is left out. */
  readonly perSecond?: number | null | undefined
  readonly total?: number
  /** False: its input is still to come. */
  readonly isReady?: boolean
}

/** A job that was not there before, queued, under the given id. */
export function newJob(id: string, request: AdminRequest, wanted: NewJob, now: Date): JobDocument {
  const { kind, parameters, scope = '', perSecond, total, isReady = true } = wanted
  return {
    _id: id,
    instanceId: request.instanceId,
    kind: kind.kind,
    scope,
    holdsScope: true,
    state: 'queued',
    wanted: 'run',
    isReady,
    done: 0,
    failed: 0,
    skipped: 0,
    total: total ?? null,
    perSecond: perSecond ?? kind.perSecond ?? null,
    speed: 0,
    errorRows: 0,
    resultRows: 0,
    checkpoint: null,
    parameters: request.dryRun === true ? { ...parameters, dryRun: true } : parameters,
    result: null,
    error: null,
    createdAt: now,
    createdBy: request.actor,
    changedAt: now,
    startedAt: null,
    endedAt: null,
    supersededBy: null,
    correlationId: request.requestId,
    fingerprint: request.fingerprint,
    version: 1,
    leaseHolder: null,
    leaseUntil: new Date(0),
    expiresAt: null,
  }
}

/** What stores a new job, for the transaction of what it follows from; an older one that it replaces ends by it. */
export function writesOfNewJob(job: JobDocument, second: JobKind['second']): Write[] {
  const { _id, instanceId, kind, scope, createdAt } = job
  const replace = update(
    jobs,
    null,
    { instanceId, kind, scope, holdsScope: true },
    {
      $set: { holdsScope: false, supersededBy: _id, wanted: 'cancel', changedAt: createdAt },
      $inc: { version: 1 },
    },
    { expect: 'any' },
  )
  return [...(second === 'replaces' ? [replace] : []), insert(jobs, null, job)]
}

/**
 * Begins the job that a request asks for, once however often it comes.
 * @throws Fault job-already-running, idempotency-key-reused; a transient error of the store
 */
export async function beginJob(
  mongo: Pick<Mongo, 'apply' | 'global'>,
  request: AdminRequest,
  wanted: NewJob,
): Promise<Reply> {
  const id = request.entityId
  if (id === null) throw new Fault('internal-error', {}, { internal: `${request.type} without a job's id` })
  const job = newJob(id, request, wanted, new Date())
  for (;;) {
    const there = await mongo.global(jobs).findOne({ _id: id })
    if (there !== undefined) {
      if (there.fingerprint !== request.fingerprint) throw new Fault('idempotency-key-reused')
      return { ...adminReply(presentJob(there)), replayed: Date.parse(request.at) > +there.createdAt }
    }
    try {
      await mongo.apply(writesOfNewJob(job, wanted.kind.second))
      return adminReply(presentJob(job))
    } catch (err) {
      if (isWriteConflict(err)) continue
      if (duplicateKeyOf(err) === undefined) throw err
      const { instanceId, kind, scope } = job
      const other = await mongo.global(jobs).findOne({ instanceId, kind, scope, holdsScope: true })
      // It has ended meanwhile, or is the same request, stored by another replica.
      if (other === undefined || other._id === id) continue
      throw new Fault('job-already-running', { kind, id: other._id }, { members: { jobId: other._id } })
    }
  }
}
