import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { Fault, faultOf } from '@user-provisioning/contracts/errors'
import type { Reply } from '@user-provisioning/contracts/reply'
import type { Received } from '@user-provisioning/messaging/consumer'
import type { Messaging } from '@user-provisioning/messaging/messaging'
import type { Mongo } from '@user-provisioning/mongo/connection'
import type { WorkflowCommitter } from '../workflow-committer.ts'
import { listObjects } from './list-objects.ts'
import { objects } from './object-store.ts'

interface Ctx {
  readonly mongo: Pick<Mongo, 'bound'>
  readonly committer: Pick<WorkflowCommitter, 'submit'>
  readonly messaging: Pick<Messaging, 'reply'>
}

/** Answers an admin request about objects; one that comes past its deadline has nobody left to answer. */
export function onObjectRequest(ctx: Ctx) {
  return async (message: Received<AdminRequest>): Promise<void> => {
    const request = message.value
    if (Date.parse(request.deadlineAt) <= Date.now()) return
    ctx.messaging.reply(message, await answerOrRefuse(request, message.partition, ctx))
  }
}

/** One that cannot be processed is answered and dropped: who asked will ask again. */
export function dropObjectRequest(messaging: Pick<Messaging, 'reply'>) {
  return async (message: Received): Promise<void> => messaging.reply(message, refusal(new Fault('internal-error')))
}

async function answerOrRefuse(request: AdminRequest, partition: number, ctx: Ctx): Promise<Reply> {
  try {
    return await answer(request, partition, ctx)
  } catch (err) {
    const fault = isLate(err) ? new Fault('deadline-exceeded') : faultOf(err)
    if (!fault) throw err
    return refusal(fault)
  }
}

async function answer(request: AdminRequest, partition: number, { mongo, committer }: Ctx): Promise<Reply> {
  const { instanceId } = request
  if (instanceId === null) throw new Fault('internal-error', {}, { internal: `${request.type} without an instance` })
  switch (request.type) {
    case 'ListObjects': {
      const query = adminRoutes.listObjects.query.parse(request.query)
      const result = await listObjects(mongo.bound(objects, instanceId), instanceId, query, new Date())
      return { outcome: 'admin', result }
    }
    case 'CreateObject': {
      const { fingerprint } = request
      const { reply, record } = await committer.submit({
        requestId: request.requestId,
        partition,
        deadlineAt: Date.parse(request.deadlineAt),
        ...(fingerprint === null ? {} : { fingerprint }),
        input: { kind: 'create-object', request },
      })
      if (record && (record.fingerprint ?? null) !== fingerprint) throw new Fault('idempotency-key-reused')
      return reply as Reply
    }
    default:
      throw new Fault('internal-error', {}, { internal: `${request.type} is not about objects` })
  }
}

function isLate(err: unknown): boolean {
  return err instanceof Error && 'code' in err && err.code === 'deadline-exceeded'
}

function refusal({ code, slots }: Fault): Reply {
  return { outcome: 'refused', fault: { code, slots: { ...slots } } }
}
