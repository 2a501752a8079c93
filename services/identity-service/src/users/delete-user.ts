import { Fault } from '@user-provisioning/contracts/errors'
import { type CommandOf, type Context, type Operation, operation } from '../commands/command.ts'
import type { Effect } from '../commands/effect.ts'
import type { View } from '../commands/view.ts'
import { requireMatch } from '../entity-tags/require-match.ts'
import { guarded } from '../guard/guarded.ts'
import { leaveGroups } from '../memberships/leave-groups.ts'
import { leavePhase } from '../memberships/membership-phases.ts'
import { mostMemberships } from '../memberships/read-memberships.ts'
import { followManager, reportsPhase } from './reports.ts'
import { userFact, valueChange } from './user-change.ts'
import type { UserDocument } from './user-document.ts'
import { visibleUser } from './visible-user.ts'

/**
 * The user is gone for the product: a tombstone stays, its name is free, its id answers 404. It leaves its groups in the
 * same commit, each of them on condition of its version, and is nobody's Direct Manager any more; more than 1,000 groups or 500
 * reports in commits that follow.
 * @param require the user, if it is the asker's to delete; throws a Fault
 */
export function userDeletion<Message extends { readonly instanceId: string; readonly userId: string }>(
  require: (message: Message, view: View) => UserDocument,
): Operation<Message> {
  return {
    needs({ instanceId, userId }, want) {
      want.user(instanceId, userId)
      want.groupsOf(instanceId, userId)
      want.reportsOf(instanceId, userId)
      want.guarded(instanceId, userId)
    },

    decide(message, view, ctx) {
      const { instanceId, userId } = message
      const before = require(message, view)
      const gone = tombstone(before, ctx)
      const guard = guarded({ before, after: gone.after }, view, ctx)
      if ('held' in guard) return guard.held
      const following = followManager(gone.after, view.reportsOf(instanceId, userId), view, ctx)
      if (following.isCut || view.groupsOf(userId).length > mostMemberships) return 'too-large'
      const left = leaveGroups({ id: userId, type: 'User', name: gone.after.userName }, instanceId, view, ctx)
      return {
        effects: [...gone.effects, ...left.effects, ...following.effects, ...guard.effects],
        announcements: [...gone.announcements, ...left.announcements, ...following.announcements],
        reply: { outcome: 'deleted' },
      }
    },

    inParts: {
      // A tombstone is nowhere seen, neither as a member nor with members.
      begin: (message, view, ctx) => ({
        ...tombstone(require(message, view), ctx),
        early: { reply: { outcome: 'deleted' }, atOnce: true },
      }),
      phases: ({ instanceId, userId }) => [
        leavePhase(instanceId, { id: userId, type: 'User' }),
        reportsPhase(instanceId, userId),
      ],
      end: () => ({ effects: [], announcements: [], reply: { outcome: 'deleted' } }),
    },
  }
}

/** An IdP's deletion. Native users are not its to delete. */
export const deleteUser = operation(
  'DeleteUser',
  userDeletion(({ instanceId, userId, ...preconditions }: CommandOf<'DeleteUser'>, view) => {
    const user = visibleUser(instanceId, userId, view)
    if (user.scimSyncId === null) throw new Fault('native-delete-refused', { name: user.userName })
    requireMatch(preconditions, user)
    return user
  }),
)

function tombstone(before: UserDocument, ctx: Context) {
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
