import { Fault } from '@user-provisioning/contracts/errors'
import { fold } from '@user-provisioning/scim/fold'
import { type CommandOf, type Context, type Operation, operation, type Phase, type Step } from '../commands/command.ts'
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
      const before = require(message, view)
      const guard = guarded({ before, after: tombstone(before, view, ctx).after }, view, ctx)
      if ('held' in guard) return guard.held
      const gone = goneUser(before, view, ctx)
      if (gone === 'too-large') return gone
      return { ...gone, effects: [...gone.effects, ...guard.effects], reply: { outcome: 'deleted' } }
    },

    inParts: {
      // A tombstone is nowhere seen, neither as a member nor with members.
      begin: (message, view, ctx) => ({
        ...tombstone(require(message, view), view, ctx),
        early: { reply: { outcome: 'deleted' }, atOnce: true },
      }),
      phases: ({ instanceId, userId }) => partingPhases(instanceId, userId),
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

/** A user's deletion where few refer to it: it leaves its groups, and is nobody's Direct Manager any more, with it. */
export function goneUser(before: UserDocument, view: View, ctx: Context): Step | 'too-large' {
  const { after, ...gone } = tombstone(before, view, ctx)
  const following = followManager(after, view.reportsOf(before.instanceId, before._id), view, ctx)
  if (following.isCut || view.groupsOf(before._id).length > mostMemberships) return 'too-large'
  const member = { id: before._id, type: 'User' as const, name: before.userName }
  const left = leaveGroups(member, before.instanceId, view, ctx)
  return {
    effects: [...gone.effects, ...left.effects, ...following.effects],
    announcements: [...gone.announcements, ...left.announcements, ...following.announcements],
  }
}

/** The same where many refer to it, in commits that follow. */
export function partingPhases(instanceId: string, userId: string): Phase[] {
  return [leavePhase(instanceId, { id: userId, type: 'User' }), reportsPhase(instanceId, userId)]
}

/** What stays of a deleted user. It knows its name and its groups, for the case that the person is hired again. */
export function tombstone(before: UserDocument, view: View, ctx: Context): Step & { readonly after: UserDocument } {
  const memberships = view.groupsOf(before._id).filter(({ memberId, pending }) => memberId === before._id && !pending)
  const after: UserDocument = {
    ...before,
    state: 'deleted',
    visible: false,
    search: { userName: fold(before.userName) },
    formerGroups: memberships.map(({ groupId }) => groupId),
    directManager: null,
    pendingManager: null,
    version: before.version + 1,
    scimVersion: before.scimVersion + 1,
    meta: { ...before.meta, lastModified: ctx.now },
    changedAt: ctx.now,
  }
  const changes = valueChange('state', 'state', before.state, after.state)
  return {
    after,
    effects: [{ kind: 'user', before, after }],
    announcements: [userFact('UserDeleted', { after, changes, warnings: [] }, ctx)],
  }
}
