import type { Member } from '@user-provisioning/contracts/images'
import type { Context } from '../commands/command.ts'
import type { View } from '../commands/view.ts'
import { inEachGroup } from './leave-groups.ts'

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
