import { type AdminRequest, instanceOf } from '@user-provisioning/contracts/admin-requests'
import type { Answer } from '@user-provisioning/messaging/answering'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { readChangeHistory } from './change-history/read-change-history.ts'
import { readProvisioningLog } from './provisioning-log/read-provisioning-log.ts'

/** Everything that audit-service is asked, by the type of the request. */
export function auditAnswers(mongo: Mongo): Readonly<Record<string, Answer<AdminRequest>>> {
  const read =
    <Result>(list: (mongo: Mongo, instanceId: string, request: AdminRequest, now: Date) => Promise<Result>) =>
    async (request: AdminRequest) => ({
      outcome: 'admin' as const,
      result: await list(mongo, instanceOf(request), request, new Date()),
    })

  return {
    ReadProvisioningLog: read(readProvisioningLog),
    ReadChangeHistory: read(readChangeHistory),
  }
}
