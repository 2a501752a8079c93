import type { Actor } from '@user-provisioning/contracts/actor'
import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { update } from '@user-provisioning/mongo/write'
import type { JobKind } from './job-kind.ts'

export const marks = defineCollection<{ _id: string; times: number }>({
  name: 'marks',
  scope: 'global',
  schema: { times: Number },
})

/** Marks the numbers up to `parameters.total`, one write each; every tenth fails, and every hundredth is a row of its report. */
export function markingKind(mongo: Mongo, options: { atEach?: (n: number) => Promise<void> } = {}): JobKind<number> {
  return {
    kind: 'user-import',
    second: 'refused',
    partSize: 20,
    total: async ({ parameters }) => Number(parameters.total),
    async next({ id, parameters, checkpoint }, budget) {
      const from = checkpoint ?? 0
      const to = Math.min(from + budget, Number(parameters.total))
      const failures = []
      const rows = []
      for (let n = from; n < to; n++) {
        await options.atEach?.(n)
        await mongo.apply([update(marks, null, { _id: `${id}/${n}` }, { $inc: { times: 1 } }, { upsert: true })])
        if (n % 10 === 9) failures.push({ line: n + 1, entityId: null, code: 'x', detail: 'tenth', item: { n } })
        if (n % 100 === 99) rows.push({ n })
      }
      return { done: to - from, failures, rows, checkpoint: to, isLast: to === Number(parameters.total) }
    },
    end: async (_, { done }) => ({ marked: done }),
  }
}

const ada: Actor = { type: 'admin', id: 'ada', name: 'Ada Brandt' }

/** A request as the ingress sends it. */
export function requested(type: string, jobId: string, more: Partial<AdminRequest> = {}): AdminRequest {
  return {
    type: type as AdminRequest['type'],
    requestId: jobId.replace(/^.*_/, ''),
    instanceId: 'acme',
    entityId: jobId,
    actor: ada,
    at: new Date().toISOString(),
    deadlineAt: new Date(Date.now() + 20_000).toISOString(),
    fingerprint: null,
    parameters: {},
    query: { limit: 50 },
    body: null,
    ...more,
  }
}
