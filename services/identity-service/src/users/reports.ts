import type { Warning } from '@user-provisioning/contracts/actor'
import type { Announcement, Context, Phase } from '../commands/command.ts'
import type { Effect } from '../commands/effect.ts'
import type { View } from '../commands/view.ts'
import { managerPending, managerWarnings } from './direct-manager.ts'
import { userFact, valueChange } from './user-change.ts'
import { type UserDocument, users } from './user-document.ts'

/** What one transaction may change: each report has its own version to raise, and its own fact. */
export const mostReports = 500
/** What their images in the facts may come to: a journal record is a document, of 16 MB at most. */
const mostImageBytes = 4 * 1024 * 1024

/** Whether a user can be somebody's Direct Manager: one that is managed and there (PRODUCT.md 3.3). */
export function canManage(user: UserDocument | null | undefined): boolean {
  return user?.visible === true && user.scimSyncId !== null
}

/**
 * What becomes of those who name a user as their manager: it becomes their Direct Manager where it can be, and waits as a
 * pending one where it cannot any more. They are written on condition of their version, so that one that its own partition's
 * owner is changing meanwhile makes this commit decide again.
 * @returns `isCut`: they are too many for one transaction, and the rest is left; `last`: with whom it ended
 */
export function followManager(
  manager: UserDocument,
  reports: readonly UserDocument[],
  view: View,
  ctx: Context,
): { effects: Effect[]; announcements: Announcement[]; last: string | undefined; isCut: boolean } {
  const effects: Effect[] = []
  const announcements: Announcement[] = []
  let last: string | undefined
  let bytes = 0
  for (const report of reports.toSorted((a, b) => (a._id < b._id ? -1 : 1))) {
    if (effects.length === mostReports || bytes > mostImageBytes) return { effects, announcements, last, isCut: true }
    last = report._id
    if (report._id === manager._id) continue
    const isLinked = canManage(manager)
    const after: UserDocument = {
      ...report,
      directManager: isLinked ? manager._id : null,
      pendingManager: isLinked ? null : manager._id,
      version: report.version + 1,
      changedAt: ctx.now,
    }
    const warnings: readonly Warning[] = isLinked
      ? managerWarnings(after, view, manager)
      : [managerPending(manager._id)]
    const changes = valueChange('field', 'directManager', report.directManager, after.directManager)
    effects.push({ kind: 'user', before: report, after })
    announcements.push(userFact('UserUpdated', { after, changes, warnings }, ctx))
    bytes += JSON.stringify(after.scim).length
  }
  return { effects, announcements, last, isCut: false }
}

/** The same, 500 reports in each transaction, for as long as there are any. */
export function reportsPhase(instanceId: string, managerId: string): Phase {
  return async (after, { mongo, read }, ctx, share) => {
    const collection = mongo.bound(users, instanceId)
    const manager = await collection.findOne({ _id: managerId })
    if (manager === undefined) return { effects: [], announcements: [] }
    const named = canManage(manager) ? 'pendingManager' : 'directManager'
    const limit = Math.ceil(mostReports * share)
    const reports = await collection.find(
      { [named]: managerId, visible: true, _id: { $gt: after } },
      { sort: { _id: 1 }, limit },
    )
    const view = await read((want) => want.managersAbove(instanceId, managerId))
    const { last, isCut, ...step } = followManager(manager, reports, view, ctx)
    return { ...step, next: isCut || reports.length === limit ? last : undefined }
  }
}
