import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import type { AdminAnswer, AdminRequest } from '@user-provisioning/contracts/admin-requests'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { readEntryPage } from '../entries/entry-page.ts'
import { presentHistoryEntry } from './history-entry.ts'
import { changeHistory } from './history-store.ts'

/** Which value of whom went from what to what in an instance, newest first. @throws ScimError cursor-invalid */
export async function readChangeHistory(
  mongo: Mongo,
  instanceId: string,
  request: Pick<AdminRequest, 'query'>,
  now: Date,
): Promise<AdminAnswer<'readChangeHistory'>> {
  const query = adminRoutes.readChangeHistory.query.parse(request.query)
  const list = { operation: 'readChangeHistory', instanceId }
  const { entries, next } = await readEntryPage(mongo.bound(changeHistory, instanceId), list, query)
  return { items: entries.map(presentHistoryEntry), next, asOf: now.toISOString() }
}
