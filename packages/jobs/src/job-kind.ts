import type { Actor } from '@user-provisioning/contracts/actor'
import type { Job, JobError, JobKind as JobKindName } from '@user-provisioning/contracts/admin/jobs'
import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import type { Answer } from '@user-provisioning/messaging/answering'

type JsonObject = Job['parameters']

/** A job as its kind sees it while it runs. */
export interface RunningJob<Checkpoint> {
  readonly id: string
  readonly instanceId: string | null
  readonly parameters: JsonObject
  /** Null: nothing was done yet. */
  readonly checkpoint: Checkpoint | null
  readonly createdBy: Actor
  readonly correlationId: string
  /** Aborted once this run is to leave off: what waits for something else should not wait on. */
  readonly signal: AbortSignal
}

/** What one call of `next` did. Written down in one transaction, once. */
export interface JobPart<Checkpoint> {
  /** Items gone through, those that failed or were skipped among them. */
  readonly done: number
  readonly skipped?: number
  readonly failures?: readonly Omit<JobError, 'n'>[]
  /** Of a report. */
  readonly rows?: readonly JsonObject[]
  /** Where the next call goes on. */
  readonly checkpoint: Checkpoint
  readonly isLast: boolean
}

/**
 * A kind of job, declared by the service that runs it. `next` may be called again with a checkpoint that it has had before (a
 * crash, a lease that ran out), also while an older call still runs: what it does must come to the same as once.
 */
export interface JobKind<Checkpoint = unknown> {
  readonly kind: JobKindName
  /** Answers the requests that begin one, by their types, where its service leaves that to the kind. */
  readonly begins?: Readonly<Record<string, Answer<AdminRequest>>>
  /** What becomes of a second one in the same scope: it is refused with 409, or the older one ends and says which came after. */
  readonly second: 'refused' | 'replaces'
  /** How many items of a part at most; 100 unless it says otherwise. */
  readonly partSize?: number
  /** The throttle where nobody asked for one; none by default. */
  readonly perSecond?: number
  /** Counted once, when it begins. */
  total?(job: RunningJob<Checkpoint>): Promise<number>
  /** @param budget how many items at most. @throws Fault: the job fails with that */
  next(job: RunningJob<Checkpoint>, budget: number): Promise<JobPart<Checkpoint>>
  /** Its `result`, when all is done. */
  end?(job: RunningJob<Checkpoint>, progress: { done: number; failed: number; skipped: number }): Promise<JsonObject>
}
