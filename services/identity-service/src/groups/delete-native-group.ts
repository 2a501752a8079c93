import { requireVersion } from '@user-provisioning/contracts/admin/if-match'
import { adminReply } from '@user-provisioning/contracts/reply'
import { operation } from '../commands/command.ts'
import { groupDeletion } from './delete-group.ts'
import { groupIn, nativeGroup } from './native-group.ts'

/** An admin deletes a native group. A managed one is the IdP's. */
export const deleteNativeGroup = operation(
  'DeleteNativeGroup',
  groupDeletion({
    place: groupIn,
    reply: adminReply({}),
    require(message, view) {
      const { instanceId, groupId } = groupIn(message)
      const group = nativeGroup(instanceId, groupId, view, 'it')
      requireVersion(message, group)
      return group
    },
  }),
)
