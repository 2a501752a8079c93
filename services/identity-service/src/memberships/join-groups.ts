import type { Member } from '@user-provisioning/contracts/images'
import type { Context } from '../commands/command.ts'
import type { View } from '../commands/view.ts'
import { inEachGroup } from './leave-groups.ts'
import { membershipId } from './membership-document.ts'

/**
 * A user or group that has just appeared becomes a member of the groups that were given it before, as far as they are seen. They
 * are found by the index of its memberships.
 * @returns as `leaveGroups`
 */
export function joinGroups(
  member: Member,
  instanceId: string,
  view: View,
  ctx: Context,
  mostImageBytes = Number.POSITIVE_INFINITY,
) {
  const waiting = view.groupsOf(member.id).filter((held) => held.instanceId === instanceId && held.pending)
  return inEachGroup(
    waiting,
    (before) => ({
      effect: { kind: 'membership', before, after: { ...before, memberType: member.type, pending: false } },
      difference: { added: [member], removed: [] },
    }),
    view,
    ctx,
    mostImageBytes,
  )
}

/** A user that is revived is a member again of the groups that it left and that still exist. */
export function rejoinGroups(member: Member, instanceId: string, left: readonly string[], view: View, ctx: Context) {
  const coming = left
    .filter((groupId) => view.group(instanceId, groupId)?.visible && !view.membership(groupId, member.id))
    .map((groupId) => ({
      _id: membershipId(groupId, member.id),
      instanceId,
      groupId,
      memberId: member.id,
      memberType: member.type,
      pending: false,
      addedAt: ctx.now,
    }))
  return inEachGroup(
    coming,
    (after) => ({ effect: { kind: 'membership', before: null, after }, difference: { added: [member], removed: [] } }),
    view,
    ctx,
    Number.POSITIVE_INFINITY,
  )
}
