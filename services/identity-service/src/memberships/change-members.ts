import type { Member } from '@user-provisioning/contracts/images'
import type { Member as NamedMember } from '@user-provisioning/scim/member-changes'
import type { Effect } from '../commands/effect.ts'
import type { View } from '../commands/view.ts'
import type { GroupDocument } from '../groups/group-document.ts'
import type { UserDocument } from '../users/user-document.ts'
import { type MembershipDocument, membershipId } from './membership-document.ts'

/** Who is to be a member of a group, and who no longer: all of them, or a difference. */
export interface WantedMembers {
  readonly replaceAll: readonly NamedMember[] | null
  readonly add: readonly NamedMember[]
  readonly remove: readonly string[]
}

/** What is seen of members to decide about them. */
export interface MembersView extends Pick<View, 'membership' | 'membersOf'> {
  user(instanceId: string, id: string): Pick<UserDocument, 'visible' | 'userName'> | undefined
  group(instanceId: string, id: string): Pick<GroupDocument, 'visible' | 'displayName'> | undefined
}

/** What really changes; pending references are written, but no fact tells of them. */
export interface MembersChange {
  readonly effects: readonly Effect[]
  readonly added: readonly Member[]
  readonly removed: readonly Member[]
}

/**
 * The difference between the members there are and those wanted. Only memberships that are named are looked at, unless all
 * are replaced: adding who is there and removing who is not is nothing.
 */
export function changeMembers(
  group: GroupDocument,
  wanted: WantedMembers,
  view: MembersView,
  now: Date,
): MembersChange {
  const effects: Effect[] = []
  const added: Member[] = []
  const removed: Member[] = []
  const { instanceId, _id: groupId } = group

  const add = ({ value: id, type }: NamedMember): void => {
    const before = view.membership(groupId, id) ?? null
    const member = findMember(instanceId, id, view)
    if (before !== null && (!before.pending || member === undefined)) return
    const after: MembershipDocument = {
      _id: membershipId(groupId, id),
      instanceId,
      groupId,
      memberId: id,
      memberType: member?.type ?? type ?? 'User',
      pending: member === undefined,
      addedAt: before?.addedAt ?? now,
    }
    effects.push({ kind: 'membership', before, after })
    if (member !== undefined) added.push(member)
  }
  const take = (id: string): void => {
    const before = view.membership(groupId, id)
    if (before === undefined) return
    effects.push({ kind: 'membership', before, after: null })
    const member = findMember(instanceId, id, view)
    if (!before.pending) removed.push(member ?? { id, type: before.memberType, name: id })
  }

  if (wanted.replaceAll !== null) {
    const kept = new Set(wanted.replaceAll.map(({ value }) => value))
    for (const { memberId } of view.membersOf(groupId)) if (!kept.has(memberId)) take(memberId)
    for (const member of wanted.replaceAll) add(member)
  }
  for (const id of wanted.remove) take(id)
  for (const member of wanted.add) add(member)
  return { effects, added, removed }
}

/** The user or group of this instance that SCIM may see under an id. */
export function findMember(instanceId: string, id: string, view: MembersView): Member | undefined {
  const user = view.user(instanceId, id)
  if (user !== undefined) return user.visible ? { id, type: 'User', name: user.userName } : undefined
  const group = view.group(instanceId, id)
  return group?.visible ? { id, type: 'Group', name: group.displayName } : undefined
}
