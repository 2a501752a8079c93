import { requireVersion } from '@user-provisioning/contracts/admin/if-match'
import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { adminReply } from '@user-provisioning/contracts/reply'
import { searchTree } from '@user-provisioning/scim/fold'
import { groupType } from '@user-provisioning/scim/schema'
import { operation, unchanged } from '../commands/command.ts'
import { groupFact, requireFreeGroupName } from './group-change.ts'
import type { GroupDocument } from './group-document.ts'
import { presentGroup } from './group-presenter.ts'
import { groupIn, nativeGroup } from './native-group.ts'

const readBody = adminRoutes.changeGroup.body

/** An admin renames a native group. The name of a managed one is the IdP's. */
export const changeGroup = operation('ChangeGroup', {
  needs(message, want) {
    const { instanceId, groupId } = groupIn(message)
    const { displayName } = readBody.parse(message.body)
    want.group(instanceId, groupId)
    want.memberCount(instanceId, groupId)
    if (displayName !== undefined) want.groupNamed(instanceId, displayName)
  },

  decide(message, view, ctx) {
    const { instanceId, groupId } = groupIn(message)
    const before = nativeGroup(instanceId, groupId, view, 'displayName')
    requireVersion(message, before)
    const { displayName = before.displayName } = readBody.parse(message.body)
    const memberCount = view.memberCount(groupId)
    if (displayName === before.displayName) return unchanged(adminReply(presentGroup(before, memberCount)))
    requireFreeGroupName(instanceId, groupId, displayName, view)
    const scim = { ...before.scim, displayName }
    const after: GroupDocument = {
      ...before,
      displayName,
      scim,
      search: searchTree(scim, groupType),
      version: before.version + 1,
      scimVersion: before.scimVersion + 1,
      meta: { ...before.meta, lastModified: ctx.now },
      changedAt: ctx.now,
    }
    const changes = [{ kind: 'attribute' as const, path: 'displayName', old: before.displayName, new: displayName }]
    return {
      effects: [{ kind: 'group', before, after }],
      announcements: [groupFact('GroupUpdated', after, changes, ctx)],
      reply: adminReply(presentGroup(after, memberCount)),
    }
  },
})
