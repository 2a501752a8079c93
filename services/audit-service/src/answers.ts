import { type AdminRequest, instanceOf } from '@user-provisioning/contracts/admin-requests'
import { adminReply } from '@user-provisioning/contracts/reply'
import type { Answer } from '@user-provisioning/messaging/answering'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { readChangeHistory } from './change-history/read-change-history.ts'
import { readProvisioningLog } from './provisioning-log/read-provisioning-log.ts'

/** Everything that audit-service is asked, by the type of the request. */
export function auditAnswers(mongo: Mongo): Readonly<Record<string, Answer<AdminRequest>>> {
  const read =
    (list: (mongo: Mongo, instanceId: string, request: AdminRequest, now: Date) => Promise<object>) =>
    async (request: AdminRequest) =>
      adminReply(await list(mongo, instanceOf(request), request, new Date()))

  return {
    ReadProvisioningLog: read(readProvisioningLog),
    ReadChangeHistory: read(readChangeHistory),
  }
}
