import type { Context, Outcome } from '../commands/command.ts'
import type { View } from '../commands/view.ts'
import { type UserChange, userFact, valueChange } from './user-change.ts'

/**
 * Makes a user that has just become managed the Direct Manager of those who named it before (PRODUCT.md 3.3), in the same
 * commit. They are found by an index that only users with a pending manager are in, and written on condition of their
 * version, so that one that its own partition's owner is changing meanwhile makes this commit decide again.
 */
export function withReports(outcome: Outcome, { before, after }: UserChange, view: View, ctx: Context): Outcome {
  if (before !== null && before.scimSyncId !== null) return outcome
  const effects = [...outcome.effects]
  const announcements = [...outcome.announcements]
  for (const report of view.reportsPendingFor(after.instanceId, after._id)) {
    if (report._id === after._id) continue
    const linked = {
      ...report,
      directManager: after._id,
      pendingManager: null,
      version: report.version + 1,
      changedAt: ctx.now,
    }
    const changes = valueChange('field', 'directManager', report.directManager, after._id)
    effects.push({ kind: 'user', before: report, after: linked })
    announcements.push(userFact('UserUpdated', { after: linked, changes, warnings: [] }, ctx))
  }
  return { ...outcome, effects, announcements }
}
