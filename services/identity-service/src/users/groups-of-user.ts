import type { View } from '../commands/view.ts'
import { groupsAbove } from '../memberships/groups-above.ts'
import { mostMemberships } from '../memberships/read-memberships.ts'
import type { UserDocument } from './user-document.ts'
import type { GroupOfUser } from './user-presenter.ts'

/** The groups that SCIM shows of a user; null where they are too many for an answer that the journal keeps. */
export function groupsShown(user: Pick<UserDocument, '_id' | 'instanceId'>, view: View): GroupOfUser[] | null {
  if (view.groupsOf(user._id).length > mostMemberships) return null
  return groupsAbove(user._id, (memberId) =>
    view
      .groupsOf(memberId)
      .filter(({ instanceId, pending }) => instanceId === user.instanceId && !pending)
      .flatMap(({ groupId }) => {
        const group = view.group(user.instanceId, groupId)
        return group?.visible ? [group] : []
      }),
  )
}
