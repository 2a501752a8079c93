import { requireImmutableKept } from '@user-provisioning/scim/immutable'
import { takeMembers } from '@user-provisioning/scim/member-changes'
import { groupType } from '@user-provisioning/scim/schema'
import { requireMatch } from '../entity-tags/require-match.ts'
import { requireFreeGroupName, visibleGroup } from './group-change.ts'
import { groupCommand } from './group-command.ts'

/**
 * PUT of a group: what the body does not have is cleared, but for members. Of those only the difference is written.
 *
 * A body that says nothing of members leaves them alone. RFC 7644 section 3.5.1 lets the service choose what an omitted
 * attribute means ("MAY be assumed to be not asserted by the client"). Who sends whole groups by PUT sends the list, an empty one
 * too (Okta); who read the group with `excludedAttributes=members`, as clients of large groups do, changes the name and puts it
 * back, does not mean to take everybody's access away. Members are other resources' affair besides: a field that is cleared by
 * mistake comes back with the next cycle, and so do members, but not what people lost meanwhile.
 */
export const replaceGroup = groupCommand('ReplaceGroup', {
  outcome: 'changed',
  members: ({ scim }) => ({ replaceAll: takeMembers(scim).members, add: [], remove: [] }),

  needs({ instanceId, groupId, scim }, want) {
    want.group(instanceId, groupId)
    want.groupNamed(instanceId, String(scim.displayName))
  },

  plan({ instanceId, groupId, scim, ...preconditions }, view) {
    const { resource } = takeMembers(scim)
    const before = visibleGroup(instanceId, groupId, view)
    requireMatch(preconditions, before)
    requireFreeGroupName(instanceId, groupId, String(resource.displayName), view)
    requireImmutableKept(before.scim, resource, groupType)
    return { before, resource }
  },
})
