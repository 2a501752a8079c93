import type { AdminBody, AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { type Reply, refusalDetail } from '@user-provisioning/contracts/reply'
import { beginJob } from '@user-provisioning/jobs/begin-job'
import type { JobKind, RunningJob } from '@user-provisioning/jobs/job-kind'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { pickedUpBetween } from './list-pick-ups.ts'
import { type PickUpDocument, pickUps } from './pick-up-document.ts'

const accountsAtOnce = 64

/** Undoes the pick-ups of a time: each account as if it were undone alone. A row for each says which it was. */
export function undoPickUps(
  mongo: Pick<Mongo, 'bound' | 'apply' | 'global'>,
  carryOut: (request: AdminRequest) => Promise<Reply>,
): JobKind<string> {
  const declared: JobKind<string> = {
    kind: 'pick-up-undo',
    begins: {
      UndoPickUps: (request) => beginJob(mongo, request, { kind: declared, parameters: request.body ?? {} }),
    },
    second: 'refused',
    partSize: accountsAtOnce,

    total: (job) => mongo.bound(pickUps, job.instanceId ?? '').count(wantedBy(job)),

    async next(job, budget) {
      const after = job.checkpoint ?? ''
      const page = await mongo
        .bound(pickUps, job.instanceId ?? '')
        .find({ ...wantedBy(job), _id: { $gt: after } }, { sort: { _id: 1 }, limit: budget })
      const outcomes = await Promise.all(
        page.map(async (pickUp) => ({ pickUp, reply: await carryOut(undoing(pickUp, job)) })),
      )
      const failures = outcomes.flatMap(({ pickUp: { _id, name }, reply }) => {
        if (reply.outcome !== 'refused') return []
        const { code } = reply.fault
        return [{ line: null, entityId: _id, code, detail: refusalDetail(reply.fault), item: { name } }]
      })
      const rows = outcomes.flatMap(({ pickUp: { _id: id, type, name }, reply }) =>
        reply.outcome === 'refused' ? [] : [{ id, type, name }],
      )
      return { done: page.length, failures, rows, checkpoint: page.at(-1)?._id ?? after, isLast: page.length < budget }
    },

    end: async (_, { done, failed }) => ({ undone: done - failed, refused: failed }),
  }
  return declared
}

/** Those that a crash left undone behind the checkpoint are met again, and are refused as native: they are not looked for. */
function wantedBy({ parameters }: Pick<RunningJob<string>, 'parameters'>) {
  const { from, to } = parameters as AdminBody<'undoPickUps'>
  return { ...pickedUpBetween(from, to), undoneAt: null }
}

function undoing(pickUp: PickUpDocument, { id, createdBy, parameters }: RunningJob<string>): AdminRequest {
  const now = Date.now()
  const place = pickUp.type === 'user' ? { userId: pickUp._id } : { groupId: pickUp._id }
  return {
    type: pickUp.type === 'user' ? 'UndoUserPickUp' : 'UndoGroupPickUp',
    requestId: `${id}/${pickUp._id}`,
    instanceId: pickUp.instanceId,
    entityId: pickUp._id,
    actor: { type: 'job', id, name: `pick-up-undo of ${createdBy.name}` },
    at: new Date(now).toISOString(),
    deadlineAt: new Date(now + 60_000).toISOString(),
    fingerprint: null,
    parameters: { instanceId: pickUp.instanceId, ...place },
    query: {},
    body: null,
    ...(parameters.dryRun === true ? { dryRun: true } : {}),
  }
}
