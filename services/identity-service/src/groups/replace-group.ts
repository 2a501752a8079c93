import { requireImmutableKept } from '@user-provisioning/scim/immutable'
import { takeMembers } from '@user-provisioning/scim/member-changes'
import { groupType } from '@user-provisioning/scim/schema'
import { operation } from '../commands/command.ts'
import { requireMatch } from '../entity-tags/require-match.ts'
import type { WantedMembers } from '../memberships/change-members.ts'
import { groupOutcome, needsMembers, requireFreeGroupName, visibleGroup } from './group-change.ts'

/** PUT of a group: what the body does not have is cleared. Of its members only the difference is written. */
export const replaceGroup = operation('ReplaceGroup', {
  needs({ instanceId, groupId, scim }, want) {
    const { resource, members } = takeMembers(scim)
    want.group(instanceId, groupId)
    want.groupNamed(instanceId, String(resource.displayName))
    needsMembers(instanceId, groupId, wantedMembers(members), want)
  },

  decide({ instanceId, groupId, scim, ...preconditions }, view, ctx) {
    const { resource, members } = takeMembers(scim)
    const group = visibleGroup(instanceId, groupId, view)
    requireMatch(preconditions, group)
    requireFreeGroupName(instanceId, groupId, String(resource.displayName), view)
    requireImmutableKept(group.scim, resource, groupType)
    return groupOutcome(group, { resource, members: wantedMembers(members) }, view, ctx, 'changed')
  },
})

/**
 * A body that says nothing of members leaves them alone: a client that renames a group by PUT does not mean to empty it
 * (RFC 7644 section 3.5.1 lets the service choose). An empty list empties it.
 */
function wantedMembers(members: ReturnType<typeof takeMembers>['members']): WantedMembers {
  return { replaceAll: members, add: [], remove: [] }
}
