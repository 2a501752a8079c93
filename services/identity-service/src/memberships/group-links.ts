import type { Warning } from '@user-provisioning/contracts/actor'
import { describeFault } from '@user-provisioning/contracts/errors'
import type { Link } from '@user-provisioning/contracts/images'
import type { Announcement, Context, FactOrigin } from '../commands/command.ts'
import type { Effect } from '../commands/effect.ts'
import type { View } from '../commands/view.ts'
import type { GroupDocument } from '../groups/group-document.ts'
import type { UserDocument } from '../users/user-document.ts'
import { withOtherMembers } from './leave-groups.ts'
import { membersFacts } from './members-facts.ts'
import { type MembershipDocument, membershipId } from './membership-document.ts'

/** Links to this type of object are memberships of native groups. */
const userGroup = 'user-group'

export function isGroupLink({ objectType }: Pick<Link, 'objectType'>): boolean {
  return objectType === userGroup
}

/** Proposed links without those to groups that rules may not fill: an IdP's own, and those that are no more. */
export function allowedLinks<Proposed extends Pick<Link, 'objectType' | 'objectId' | 'ruleId'>>(
  proposed: readonly Proposed[],
  instanceId: string,
  view: View,
): { links: Proposed[]; warnings: Warning[] } {
  const warnings: Warning[] = []
  const links = proposed.filter((link) => {
    if (!isGroupLink(link)) return true
    const group = view.group(instanceId, link.objectId)
    if (!group?.visible) return false
    if (group.scimSyncId === null) return true
    const slots = { name: group.displayName, member: 'its membership' }
    warnings.push({
      code: 'managed-by-idp',
      path: userGroup,
      detail: describeFault({ code: 'managed-by-idp', slots }).detail,
    })
    return false
  })
  return { links, warnings }
}

/**
 * What other links to groups mean for memberships: the user joins the groups that it is now linked to, and leaves those that
 * it no longer is, unless somebody else made it a member of them, or they have become the IdP's.
 */
export function followGroupLinks(
  before: UserDocument,
  links: readonly Link[],
  view: View,
  ctx: Context,
  origin: FactOrigin,
): { effects: Effect[]; announcements: Announcement[] } {
  const effects: Effect[] = []
  const announcements: Announcement[] = []
  const { instanceId, _id: userId, userName: name, visible } = before
  const member = { id: userId, type: 'User', name } as const
  const old = groupIdsOf(before.links)
  const now = groupIdsOf(links)
  if (!visible) return { effects, announcements }

  function change(group: GroupDocument, membership: Effect, changed: 'added' | 'removed'): void {
    const after = withOtherMembers(group, ctx.now)
    effects.push({ kind: 'group', before: group, after }, membership)
    announcements.push(...membersFacts(after, { added: [], removed: [], [changed]: [member] }, ctx, origin))
  }

  for (const groupId of now.difference(old)) {
    const group = view.group(instanceId, groupId)
    const held = view.membership(groupId, userId) ?? null
    if (!group?.visible || (held && !held.pending)) continue
    const after: MembershipDocument = {
      _id: membershipId(groupId, userId),
      instanceId,
      groupId,
      memberId: userId,
      memberType: 'User',
      pending: false,
      addedAt: ctx.now,
      byRules: true,
    }
    change(group, { kind: 'membership', before: held, after }, 'added')
  }
  for (const groupId of old.difference(now)) {
    const group = view.group(instanceId, groupId)
    const held = view.membership(groupId, userId)
    if (!held?.byRules || !group?.visible || group.scimSyncId !== null) continue
    change(group, { kind: 'membership', before: held, after: null }, 'removed')
  }
  return { effects, announcements }
}

function groupIdsOf(links: readonly Link[]): Set<string> {
  return new Set(links.filter(isGroupLink).map(({ objectId }) => objectId))
}
