import type { View } from '../commands/view.ts'
import type { UserDocument } from './user-document.ts'
import type { GroupOfUser } from './user-presenter.ts'

/** The groups that SCIM shows of a user: those that it is a direct member of. */
export function groupsShown(user: Pick<UserDocument, '_id' | 'instanceId'>, view: View): GroupOfUser[] {
  return view
    .groupsOf(user._id)
    .filter(({ instanceId, pending }) => instanceId === user.instanceId && !pending)
    .flatMap(({ groupId }) => {
      const group = view.group(user.instanceId, groupId)
      return group?.visible ? [{ id: groupId, name: group.displayName, direct: true }] : []
    })
}
