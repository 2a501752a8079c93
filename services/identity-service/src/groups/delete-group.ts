import { Fault } from '@user-provisioning/contracts/errors'
import type { Reply } from '@user-provisioning/contracts/reply'
import { type Context, type Operation, operation } from '../commands/command.ts'
import type { Effect } from '../commands/effect.ts'
import type { View } from '../commands/view.ts'
import { requireMatch } from '../entity-tags/require-match.ts'
import { changeMembers } from '../memberships/change-members.ts'
import { leaveGroups } from '../memberships/leave-groups.ts'
import { membersFacts } from '../memberships/members-facts.ts'
import { leavePhase, memberPhases } from '../memberships/membership-phases.ts'
import { mostMemberships } from '../memberships/read-memberships.ts'
import { groupFact, visibleGroup } from './group-change.ts'
import type { GroupDocument } from './group-document.ts'

const noMembers = { replaceAll: [], add: [], remove: [] }

/** What is different about an IdP's deletion and an admin's. */
interface Declared<Message> {
  readonly place: (message: Message) => { readonly instanceId: string; readonly groupId: string }
  /** The group, if it is the asker's to delete. @throws Fault */
  readonly require: (message: Message, view: View) => GroupDocument
  readonly reply: Reply
}

/**
 * The group is gone for the product: a tombstone stays and its name is free. Its members are no longer, each told of, and it
 * leaves the groups that it was in; more than 1,000 of them in commits that follow.
 */
export function groupDeletion<Message>({ place, require, reply }: Declared<Message>): Operation<Message> {
  return {
    needs(message, want) {
      const { instanceId, groupId } = place(message)
      want.group(instanceId, groupId)
      want.membersOf(instanceId, groupId)
      want.groupsOf(instanceId, groupId)
    },

    decide(message, view, ctx) {
      const { instanceId, groupId } = place(message)
      const { after, effects, announcements } = tombstone(require(message, view), ctx)
      const most = Math.max(view.membersOf(groupId).length, view.groupsOf(groupId).length)
      if (most > mostMemberships) return 'too-large'
      const members = changeMembers(after, noMembers, view, ctx.now)
      const left = leaveGroups({ id: groupId, type: 'Group', name: after.displayName }, instanceId, view, ctx)
      return {
        effects: [...effects, ...members.effects, ...left.effects],
        announcements: [...announcements, ...membersFacts(after, members, ctx), ...left.announcements],
        reply,
      }
    },

    inParts: {
      // A tombstone is nowhere seen, neither as a member nor with members.
      begin: (message, view, ctx) => ({ ...tombstone(require(message, view), ctx), early: { reply, atOnce: true } }),
      phases(message) {
        const { instanceId, groupId } = place(message)
        return [...memberPhases(instanceId, groupId, noMembers), leavePhase(instanceId, { id: groupId, type: 'Group' })]
      },
      end: () => ({ effects: [], announcements: [], reply }),
    },
  }
}

/** An IdP's deletion. Native groups are not its to delete. */
export const deleteGroup = operation(
  'DeleteGroup',
  groupDeletion({
    place: ({ instanceId, groupId }) => ({ instanceId, groupId }),
    reply: { outcome: 'deleted' },
    require({ instanceId, groupId, ...preconditions }, view) {
      const group = visibleGroup(instanceId, groupId, view)
      if (group.scimSyncId === null) throw new Fault('native-delete-refused', { name: group.displayName })
      requireMatch(preconditions, group)
      return group
    },
  }),
)

function tombstone(before: GroupDocument, ctx: Context) {
  const after: GroupDocument = {
    ...before,
    state: 'deleted',
    visible: false,
    search: {},
    version: before.version + 1,
    scimVersion: before.scimVersion + 1,
    meta: { ...before.meta, lastModified: ctx.now },
    changedAt: ctx.now,
  }
  const changes = [{ kind: 'state' as const, path: 'state', old: 'active', new: 'deleted' }]
  const effects: Effect[] = [{ kind: 'group', before, after }]
  return { after, effects, announcements: [groupFact('GroupDeleted', after, changes, ctx)] }
}
