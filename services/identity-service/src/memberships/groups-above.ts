import type { GroupDocument } from '../groups/group-document.ts'
import type { GroupOfUser } from '../users/user-presenter.ts'

/**
 * The groups that a member is in (RFC 7643 section 4.1.2, `groups`): those that have it are direct, those that have such a group
 * indirect. Each comes once, direct where it is both; groups that contain each other end the walk.
 * @param groupsOf the visible groups that have a user or group as a member
 */
export function groupsAbove(
  memberId: string,
  groupsOf: (memberId: string) => readonly Pick<GroupDocument, '_id' | 'displayName'>[],
): GroupOfUser[] {
  const above = new Map<string, GroupOfUser>()
  let level = groupsOf(memberId)
  for (let direct = true; level.length > 0; direct = false) {
    const reached = level.filter(({ _id }) => !above.has(_id))
    for (const { _id: id, displayName: name } of reached) above.set(id, { id, name, direct })
    level = reached.flatMap(({ _id }) => groupsOf(_id))
  }
  return [...above.values()]
}
