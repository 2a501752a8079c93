import type { Member } from '@user-provisioning/contracts/images'
import type { Announcement, Context } from '../commands/command.ts'
import type { Effect } from '../commands/effect.ts'
import type { View } from '../commands/view.ts'
import type { GroupDocument } from '../groups/group-document.ts'
import { membersFacts } from './members-facts.ts'

/** What a deleted user or group was a member of: it leaves, and each group's SCIM version rises with it. */
export function leaveGroups(
  member: Member,
  instanceId: string,
  view: View,
  ctx: Context,
): { effects: Effect[]; announcements: Announcement[] } {
  const effects: Effect[] = []
  const announcements: Announcement[] = []
  for (const membership of view.groupsOf(member.id)) {
    if (membership.instanceId !== instanceId) continue
    effects.push({ kind: 'membership', before: membership, after: null })
    const before = view.group(instanceId, membership.groupId)
    if (membership.pending || !before?.visible) continue
    const after = withOtherMembers(before, ctx.now)
    effects.push({ kind: 'group', before, after })
    announcements.push(...membersFacts(after, { added: [], removed: [member] }, ctx))
  }
  return { effects, announcements }
}

/** The group with another set of members: its representation is a new one. */
function withOtherMembers(group: GroupDocument, now: Date): GroupDocument {
  return {
    ...group,
    version: group.version + 1,
    scimVersion: group.scimVersion + 1,
    meta: { ...group.meta, lastModified: now },
    changedAt: now,
  }
}
