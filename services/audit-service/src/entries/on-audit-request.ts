import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { Fault, faultOf } from '@user-provisioning/contracts/errors'
import type { Reply } from '@user-provisioning/contracts/reply'
import type { Received } from '@user-provisioning/messaging/consumer'
import type { Messaging } from '@user-provisioning/messaging/messaging'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { readChangeHistory } from '../change-history/read-change-history.ts'
import { readProvisioningLog } from '../provisioning-log/read-provisioning-log.ts'

interface Ctx {
  readonly mongo: Mongo
  readonly messaging: Pick<Messaging, 'reply'>
}

/** Answers a read of the log or the history; one that comes past its deadline has nobody left to answer. */
export function onAuditRequest({ mongo, messaging }: Ctx) {
  return async (message: Received<AdminRequest>): Promise<void> => {
    const request = message.value
    if (Date.parse(request.deadlineAt) <= Date.now()) return
    messaging.reply(message, await answerOrRefuse(mongo, request))
  }
}

/** One that cannot be processed is answered and dropped: who asked will ask again. */
export function dropAuditRequest(messaging: Pick<Messaging, 'reply'>) {
  return async (message: Received): Promise<void> => messaging.reply(message, refusal(new Fault('internal-error')))
}

async function answerOrRefuse(mongo: Mongo, request: AdminRequest): Promise<Reply> {
  try {
    return { outcome: 'admin', result: await answer(mongo, request) }
  } catch (err) {
    const fault = faultOf(err)
    if (!fault) throw err
    return refusal(fault)
  }
}

function answer(mongo: Mongo, request: AdminRequest) {
  const { instanceId, type } = request
  if (instanceId === null) throw new Fault('internal-error', {}, { internal: `${type} without an instance` })
  switch (type) {
    case 'ReadProvisioningLog':
      return readProvisioningLog(mongo, instanceId, request, new Date())
    case 'ReadChangeHistory':
      return readChangeHistory(mongo, instanceId, request, new Date())
    default:
      throw new Fault('internal-error', {}, { internal: `${type} is not for audit` })
  }
}

function refusal({ code, slots }: Fault): Reply {
  return { outcome: 'refused', fault: { code, slots: { ...slots } } }
}
