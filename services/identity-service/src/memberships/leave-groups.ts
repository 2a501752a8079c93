import type { Member } from '@user-provisioning/contracts/images'
import type { Announcement, Context } from '../commands/command.ts'
import type { Effect } from '../commands/effect.ts'
import type { View } from '../commands/view.ts'
import type { GroupDocument } from '../groups/group-document.ts'
import { membersFacts } from './members-facts.ts'
import type { MembershipDocument } from './membership-document.ts'

/**
 * What a deleted user or group was a member of, as far as it is seen: it leaves, and each group's SCIM version rises with it.
 * @param mostImageBytes where it ends for now, because the groups' images in the facts come to more
 * @returns `last`: the group with which it ended
 */
export function leaveGroups(
  member: Member,
  instanceId: string,
  view: View,
  ctx: Context,
  mostImageBytes = Number.POSITIVE_INFINITY,
): { effects: Effect[]; announcements: Announcement[]; last: string | undefined } {
  const left = view.groupsOf(member.id).filter((membership) => membership.instanceId === instanceId)
  const leave = (membership: MembershipDocument): MembershipStep => ({
    effect: { kind: 'membership', before: membership, after: null },
    ...(membership.pending ? {} : { difference: { added: [], removed: [member] } }),
  })
  return inEachGroup(left, leave, view, ctx, mostImageBytes)
}

/** What becomes of one membership, and what its group's members are told of it: nothing where nobody could see it. */
export interface MembershipStep {
  readonly effect: Effect
  readonly difference?: { readonly added: readonly Member[]; readonly removed: readonly Member[] }
}

/** Changes memberships of one member, each group's SCIM version rising with what is seen of it. @returns as `leaveGroups` */
export function inEachGroup(
  memberships: readonly MembershipDocument[],
  change: (membership: MembershipDocument) => MembershipStep,
  view: View,
  ctx: Context,
  mostImageBytes: number,
): { effects: Effect[]; announcements: Announcement[]; last: string | undefined } {
  const effects: Effect[] = []
  const announcements: Announcement[] = []
  let last: string | undefined
  let bytes = 0
  for (const membership of memberships.toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1))) {
    if (bytes > mostImageBytes) break
    last = membership.groupId
    const { effect, difference } = change(membership)
    effects.push(effect)
    const before = view.group(membership.instanceId, membership.groupId)
    if (difference === undefined || !before?.visible) continue
    const after = withOtherMembers(before, ctx.now)
    if (mostImageBytes !== Number.POSITIVE_INFINITY) bytes += JSON.stringify(after.scim).length
    effects.push({ kind: 'group', before, after })
    announcements.push(...membersFacts(after, difference, ctx))
  }
  return { effects, announcements, last }
}

/** The group with another set of members: its representation is a new one. */
export function withOtherMembers(group: GroupDocument, now: Date): GroupDocument {
  return {
    ...group,
    version: group.version + 1,
    scimVersion: group.scimVersion + 1,
    meta: { ...group.meta, lastModified: now },
    changedAt: now,
  }
}
