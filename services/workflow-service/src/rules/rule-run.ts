import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import type { NewJob } from '@user-provisioning/jobs/begin-job'
import type { JobKind, RunningJob } from '@user-provisioning/jobs/job-kind'
import type { Committer } from '@user-provisioning/mongo/committer'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { bodyOf } from '../operation.ts'
import type { RuleWork, WorkReport } from '../users/rule-work.ts'
import { userCopies } from '../users/user-copy-store.ts'
import { requireRule } from './present-rules.ts'
import type { StoredRuleSet } from './rule-set-store.ts'

/** How far a run for everyone is. */
interface Place {
  /** The last user that it went through. */
  readonly after: string
  /** Users whose links are others than before. */
  readonly changed: number
  /** Users for whom a rule that reports found no object. */
  readonly notFound: number
}

/** A live change waits behind one group of users at most. */
const declared = { kind: 'rule-run', second: 'replaces', partSize: 64, perSecond: 500 } as const

/**
 * The job that a request asks for: one rule, or all, for every user of the instance.
 * @throws Fault not-found, state-conflict for a rule that is paused
 */
export function ruleRunOf(request: AdminRequest, set: StoredRuleSet): NewJob {
  const { ruleId } = request.parameters
  const { perSecond } = bodyOf('runWorkflowRules', request)
  if (ruleId !== undefined && requireRule(set, ruleId).state === 'paused') {
    throw new Fault('state-conflict', { thing: 'Rule', state: 'paused', verb: 'run' })
  }
  return {
    kind: declared,
    scope: ruleId ?? '',
    perSecond,
    parameters: { ruleId: ruleId ?? null, version: set.version },
  }
}

/**
 * Runs rules for everyone, in the order of the users' ids, as they are at that moment. Each user is decided together with what
 * else comes in, once for a job however often a part is repeated.
 * @param partition one whose owner announces what follows
 */
export function ruleRunKind(
  mongo: Pick<Mongo, 'bound'>,
  committer: Pick<Committer<RuleWork>, 'submit'>,
  partition: () => number,
): JobKind<Place> {
  const usersOf = ({ instanceId }: RunningJob<Place>) => mongo.bound(userCopies, instanceId ?? '')

  async function run(userId: string, job: RunningJob<Place>): Promise<WorkReport> {
    const { id: causeId, instanceId, correlationId, parameters } = job
    const id = `${causeId}/${userId}`
    const input: RuleWork = {
      kind: 'rerun',
      id,
      instanceId: instanceId ?? '',
      userId,
      correlationId,
      causeId,
      again: typeof parameters.ruleId === 'string' ? [parameters.ruleId] : 'all',
    }
    const { reply } = await committer.submit({ requestId: id, partition: partition(), input })
    return reply as WorkReport
  }

  return {
    ...declared,
    total: (job) => usersOf(job).count({ deleted: false }),

    async next(job, budget) {
      const place = job.checkpoint ?? { after: '', changed: 0, notFound: 0 }
      const users = await usersOf(job).find(
        { _id: { $gt: place.after }, deleted: false },
        { sort: { _id: 1 }, limit: budget, projection: { _id: 1 } },
      )
      const reports = await Promise.all(users.map(async ({ _id }) => ({ userId: _id, ...(await run(_id, job)) })))
      const withCode = (code: string) =>
        reports.flatMap(({ userId, warnings }) => {
          const warning = warnings.find((each) => each.code === code)
          return warning ? [{ userId, detail: warning.detail }] : []
        })
      return {
        done: users.length,
        failures: withCode('rule-failed').map(({ userId, detail }) => ({
          line: null,
          entityId: userId,
          code: 'rule-failed',
          detail,
          item: null,
        })),
        checkpoint: {
          after: users.at(-1)?._id ?? place.after,
          changed: place.changed + reports.filter(({ changed }) => changed).length,
          notFound: place.notFound + withCode('object-not-found').length,
        },
        isLast: users.length < budget,
      }
    },

    async end({ checkpoint }) {
      return { changed: checkpoint?.changed ?? 0, notFound: checkpoint?.notFound ?? 0 }
    },
  }
}
