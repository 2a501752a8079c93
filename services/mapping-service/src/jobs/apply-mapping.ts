import { setTimeout as delay } from 'node:timers/promises'
import type { JobKind, RunningJob } from '@user-provisioning/jobs/job-kind'
import type { Mongo } from '@user-provisioning/mongo/connection'
import type { MappingCommitter } from '../mapping-committer.ts'
import { versionOf } from '../mapping-sets/read-mapping-sets.ts'
import type { AppliedTo } from '../users/apply-to-user.ts'
import { userCopies } from '../users/user-copy-store.ts'
import { applyMapping } from './mapping-jobs.ts'

/**
 * A fact that had read the older set may be on its way into the store when the newer one is saved; of a new user it is not
 * seen before it is there. So long after a save nothing of that kind is left.
 */
const oldReadsMs = 2_000

/**
 * Applies a version of an instance's rows to everyone who is mapped by an older one (4.4). What is left to do is what a
 * query finds, so that it can be broken off and run again at any line; a user who changes meanwhile is mapped by the newer set
 * anyway, and identity-service drops what is late. By default slow enough that provisioning does not notice.
 */
export function applyMappingKind({
  mongo,
  committer,
  partition,
}: {
  readonly mongo: Pick<Mongo, 'bound'>
  readonly committer: Pick<MappingCommitter, 'submit'>
  /** One whose owner announces what is committed here, also after a crash. */
  readonly partition: () => number
}): JobKind {
  const found = (job: RunningJob<unknown>) => mongo.bound(userCopies, instanceIdOf(job))
  const left = (job: RunningJob<unknown>) => ({ 'proposed.mappingSetVersion': { $lt: versionIn(job) }, deleted: false })

  return {
    ...applyMapping,
    partSize: 200,
    total: (job) => found(job).count(left(job)),

    async next(job, budget) {
      const instanceId = instanceIdOf(job)
      const set = await versionOf(mongo, instanceId, versionIn(job))
      const ids = await found(job).find(left(job), { limit: budget, projection: { _id: 1 } })
      if (ids.length === 0) {
        const waitMs = 'changedAt' in set ? set.changedAt.getTime() + oldReadsMs - Date.now() : 0
        if (waitMs <= 0) return { done: 0, checkpoint: null, isLast: true }
        await delay(Math.min(waitMs, 500), undefined, { signal: job.signal })
        return { done: 0, checkpoint: null, isLast: false }
      }
      const applied = await Promise.all(
        ids.map(async ({ _id: userId }) => {
          const { reply } = await committer.submit({
            requestId: `${job.id}/${userId}`,
            partition: partition(),
            input: { kind: 'apply-set', instanceId, userId, set, correlationId: job.correlationId, jobId: job.id },
          })
          return { userId, ...(reply as AppliedTo) }
        }),
      )
      const failures = applied.flatMap(({ userId: entityId, failed }) =>
        failed === null ? [] : [{ line: null, entityId, code: failed.code, detail: failed.detail, item: null }],
      )
      const skipped = applied.filter(({ isApplied }) => !isApplied).length
      return { done: ids.length, skipped, failures, checkpoint: null, isLast: false }
    },

    end: async (job, { done, failed, skipped }) => ({ version: versionIn(job), users: done - skipped, failed }),
  }
}

function instanceIdOf({ instanceId }: RunningJob<unknown>): string {
  if (instanceId === null) throw new Error('a mapping set belongs to an instance')
  return instanceId
}

function versionIn({ parameters }: RunningJob<unknown>): number {
  return Number(parameters.version)
}
