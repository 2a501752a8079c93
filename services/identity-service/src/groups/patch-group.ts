import { memberChanges } from '@user-provisioning/scim/member-changes'
import { applyPatch, type PatchOperation } from '@user-provisioning/scim/patch'
import { groupType } from '@user-provisioning/scim/schema'
import { requireMatch } from '../entity-tags/require-match.ts'
import { requireFreeGroupName, visibleGroup } from './group-change.ts'
import { groupCommand } from './group-command.ts'

/** PATCH of a group. Only the memberships that it names are looked at, however many there are. */
export const patchGroup = groupCommand('PatchGroup', {
  outcome: 'changed',
  members: ({ operations }) => memberChanges(operations as PatchOperation[], groupType),

  needs({ instanceId, groupId, operations }, want) {
    want.group(instanceId, groupId)
    for (const { path, value } of operations) {
      if (path === 'displayName' && typeof value === 'string') want.groupNamed(instanceId, value)
    }
  },

  plan({ instanceId, groupId, operations, ...preconditions }, view) {
    const before = visibleGroup(instanceId, groupId, view)
    requireMatch(preconditions, before)
    const { rest } = memberChanges(operations as PatchOperation[], groupType)
    const { resource } = applyPatch(before.scim, rest, groupType)
    if (resource.displayName !== before.displayName) {
      requireFreeGroupName(instanceId, groupId, String(resource.displayName), view)
    }
    return { before, resource }
  },
})
