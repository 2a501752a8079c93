import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import type { AdminAnswer, AdminRequest } from '@user-provisioning/contracts/admin-requests'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { readEntryPage } from '../entries/entry-page.ts'
import { presentLogEntry } from './log-entry.ts'
import { provisioningLog } from './log-store.ts'
import { warningsOfRequests } from './request-warnings.ts'

/** What the IdP of an instance asked and what it was answered, newest first. @throws ScimError cursor-invalid */
export async function readProvisioningLog(
  mongo: Mongo,
  instanceId: string,
  request: Pick<AdminRequest, 'query'>,
  now: Date,
): Promise<AdminAnswer<'readProvisioningLog'>> {
  const query = adminRoutes.readProvisioningLog.query.parse(request.query)
  const list = { operation: 'readProvisioningLog', instanceId }
  const { entries, next } = await readEntryPage(mongo.bound(provisioningLog, instanceId), list, query)
  const warnings = await warningsOfRequests(mongo, instanceId, entries)
  const items = entries.map((entry) => presentLogEntry(entry, warnings.get(entry._id)))
  return { items, next, asOf: now.toISOString() }
}
