import { Fault } from '@user-provisioning/contracts/errors'
import { type CommandOf, type Context, operation } from '../commands/command.ts'
import type { Effect } from '../commands/effect.ts'
import type { View } from '../commands/view.ts'
import { requireMatch } from '../entity-tags/require-match.ts'
import { leaveGroups } from '../memberships/leave-groups.ts'
import { leavePhase } from '../memberships/membership-phases.ts'
import { mostMemberships } from '../memberships/read-memberships.ts'
import { followManager, reportsPhase } from './reports.ts'
import { userFact, valueChange } from './user-change.ts'
import { visibleUser } from './visible-user.ts'

/**
 * The user is gone for the product: a tombstone stays, its name is free, its id answers 404. It leaves its groups in the
 * same commit, each of them on condition of its version, and is nobody's Direct Manager any more; more than 1,000 groups or 500
 * reports in commits that follow. Native users are not
 * the IdP's to delete.
 */
export const deleteUser = operation('DeleteUser', {
  needs({ instanceId, userId }, want) {
    want.user(instanceId, userId)
    want.groupsOf(instanceId, userId)
    want.reportsOf(instanceId, userId)
  },

  decide(message, view, ctx) {
    const { instanceId, userId } = message
    const gone = tombstone(message, view, ctx)
    const following = followManager(gone.after, view.reportsOf(instanceId, userId), view, ctx)
    if (following.isCut || view.groupsOf(userId).length > mostMemberships) return 'too-large'
    const left = leaveGroups({ id: userId, type: 'User', name: gone.after.userName }, instanceId, view, ctx)
    return {
      effects: [...gone.effects, ...left.effects, ...following.effects],
      announcements: [...gone.announcements, ...left.announcements, ...following.announcements],
      reply: { outcome: 'deleted' },
    }
  },

  inParts: {
    // A tombstone is nowhere seen, neither as a member nor with members.
    begin: (message, view, ctx) => ({
      ...tombstone(message, view, ctx),
      early: { reply: { outcome: 'deleted' }, atOnce: true },
    }),
    phases: ({ instanceId, userId }) => [
      leavePhase(instanceId, { id: userId, type: 'User' }),
      reportsPhase(instanceId, userId),
    ],
    end: () => ({ effects: [], announcements: [], reply: { outcome: 'deleted' } }),
  },
})

function tombstone({ instanceId, userId, ...preconditions }: CommandOf<'DeleteUser'>, view: View, ctx: Context) {
  const before = visibleUser(instanceId, userId, view)
  if (before.scimSyncId === null) throw new Fault('native-delete-refused', { name: before.userName })
  requireMatch(preconditions, before)
  const after = {
    ...before,
    state: 'deleted' as const,
    visible: false,
    search: {},
    directManager: null,
    pendingManager: null,
    version: before.version + 1,
    scimVersion: before.scimVersion + 1,
    meta: { ...before.meta, lastModified: ctx.now },
    changedAt: ctx.now,
  }
  const changes = valueChange('state', 'state', before.state, after.state)
  const effects: Effect[] = [{ kind: 'user', before, after }]
  return {
    after,
    effects,
    announcements: [userFact('UserDeleted', { after, changes, warnings: [] }, ctx)],
  }
}
