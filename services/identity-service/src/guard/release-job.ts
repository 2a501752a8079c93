import type { AdminBody } from '@user-provisioning/contracts/admin-requests'
import { type Reply, refusalDetail } from '@user-provisioning/contracts/reply'
import { beginJob } from '@user-provisioning/jobs/begin-job'
import type { JobKind } from '@user-provisioning/jobs/job-kind'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { heldChanges } from './guard-document.ts'
import { chosenHeld } from './held-filter.ts'
import type { RearmGuard, ReleaseHeld } from './release-request.ts'

interface Place {
  readonly after: string
}

const changesAtOnce = 64

/**
 * Carries held changes out, those that were held when it was asked for. Where all of them are released the guard counts from
 * nothing again, first of all, so that what the IdP sends meanwhile is not held for what was just released.
 */
export function releaseGuard(
  mongo: Pick<Mongo, 'bound' | 'apply' | 'global'>,
  carryOut: (request: ReleaseHeld | RearmGuard) => Promise<Reply>,
): JobKind<Place> {
  const declared: JobKind<Place> = {
    kind: 'guard-release',
    begins: {
      ReleaseGuard: (request) =>
        beginJob(mongo, request, {
          kind: declared,
          parameters: { ...request.body, heldUntil: new Date().toISOString() },
        }),
    },
    second: 'refused',
    partSize: changesAtOnce,

    async total({ instanceId, parameters }) {
      const { chosen } = wantedBy(parameters)
      return mongo.bound(heldChanges, instanceId ?? '').count(chosen)
    },

    async next({ id, instanceId, parameters, checkpoint, createdBy }, budget) {
      const instance = instanceId ?? ''
      const actor = { type: 'job', id, name: `guard-release of ${createdBy.name}` } as const
      const { chosen, isAll } = wantedBy(parameters)
      if (checkpoint === null && isAll) {
        await carryOut({ type: 'RearmGuard', requestId: `${id}/rearm`, instanceId: instance, actor })
      }
      const after = checkpoint?.after ?? ''
      const page = await mongo
        .bound(heldChanges, instance)
        .find({ $and: [chosen, { _id: { $gt: after } }] }, { sort: { _id: 1 }, limit: budget })
      const replies = await Promise.all(
        page.map(({ _id: userId }) =>
          carryOut({ type: 'ReleaseHeld', requestId: `${id}/${userId}`, instanceId: instance, userId, actor }),
        ),
      )
      const failures = replies.flatMap((reply, n) => {
        if (reply.outcome !== 'refused') return []
        const { code } = reply.fault
        const detail = refusalDetail(reply.fault)
        const { _id: entityId = null, userName = '', change = '' } = page[n] ?? {}
        return [{ line: null, entityId, code, detail, item: { userName, change } }]
      })
      return {
        done: page.length,
        failures,
        checkpoint: { after: page.at(-1)?._id ?? after },
        isLast: page.length < budget,
      }
    },
    end: async (_, { done, failed }) => ({ released: done - failed, refused: failed }),
  }
  return declared
}

function wantedBy(parameters: unknown) {
  const { heldUntil, ...body } = parameters as AdminBody<'releaseGuard'> & { heldUntil: string }
  const isAll = body.userIds === undefined && body.change === undefined
  return { isAll, chosen: { $and: [chosenHeld(body), { heldAt: { $lte: new Date(heldUntil) } }] } }
}
