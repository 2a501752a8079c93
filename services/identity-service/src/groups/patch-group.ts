import { memberChanges } from '@user-provisioning/scim/member-changes'
import { applyPatch, type PatchOperation } from '@user-provisioning/scim/patch'
import { groupType } from '@user-provisioning/scim/schema'
import { operation } from '../commands/command.ts'
import { requireMatch } from '../entity-tags/require-match.ts'
import { groupOutcome, needsMembers, requireFreeGroupName, visibleGroup } from './group-change.ts'

/** PATCH of a group. Only the memberships that it names are looked at, however many there are. */
export const patchGroup = operation('PatchGroup', {
  needs({ instanceId, groupId, operations }, want) {
    const { rest, ...members } = memberChanges(operations as PatchOperation[], groupType)
    want.group(instanceId, groupId)
    for (const { path, value } of rest) {
      if (path === 'displayName' && typeof value === 'string') want.groupNamed(instanceId, value)
    }
    needsMembers(instanceId, groupId, members, want)
  },

  decide({ instanceId, groupId, operations, ...preconditions }, view, ctx) {
    const group = visibleGroup(instanceId, groupId, view)
    requireMatch(preconditions, group)
    const { rest, ...members } = memberChanges(operations as PatchOperation[], groupType)
    const { resource } = applyPatch(group.scim, rest, groupType)
    if (resource.displayName !== group.displayName) {
      requireFreeGroupName(instanceId, groupId, String(resource.displayName), view)
    }
    return groupOutcome(group, { resource, members }, view, ctx, 'changed')
  },
})
