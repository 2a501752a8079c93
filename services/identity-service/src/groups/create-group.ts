import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { adminReply } from '@user-provisioning/contracts/reply'
import { searchTree } from '@user-provisioning/scim/fold'
import { groupType } from '@user-provisioning/scim/schema'
import { operation } from '../commands/command.ts'
import { createdIn } from '../instances/created-in.ts'
import { blankGroup, groupFact, requireFreeGroupName } from './group-change.ts'
import type { GroupDocument } from './group-document.ts'
import { presentGroup } from './group-presenter.ts'

const readBody = adminRoutes.createGroup.body

/** An admin's create: a native group. */
export const createGroup = operation('CreateGroup', {
  needs(message, want) {
    want.groupNamed(createdIn(message).instanceId, readBody.parse(message.body).displayName)
  },

  decide(message, view, ctx) {
    const { instanceId, entityId } = createdIn(message)
    const { displayName } = readBody.parse(message.body)
    requireFreeGroupName(instanceId, entityId, displayName, view)
    const scim = { displayName }
    const group: GroupDocument = {
      ...blankGroup(instanceId, entityId, ctx.now),
      displayName,
      scim,
      search: searchTree(scim, groupType),
      version: 1,
      scimVersion: 1,
    }
    return {
      effects: [{ kind: 'group', before: null, after: group }],
      announcements: [
        groupFact('GroupCreated', group, [{ kind: 'state', path: 'state', old: null, new: 'active' }], ctx),
      ],
      reply: adminReply(presentGroup(group, 0)),
    }
  },
})
