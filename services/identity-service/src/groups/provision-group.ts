import { Fault } from '@user-provisioning/contracts/errors'
import { fold } from '@user-provisioning/scim/fold'
import { takeMembers } from '@user-provisioning/scim/member-changes'
import { operation, unchanged } from '../commands/command.ts'
import { merged } from '../users/provision-user.ts'
import { blankGroup, groupOutcome, needsMembers } from './group-change.ts'

/** An IdP's create of a group; a native of that name is picked up, as with users. */
export const provisionGroup = operation('ProvisionGroup', {
  needs({ instanceId, groupId, scim }, want) {
    const { resource, members } = takeMembers(scim)
    want.group(instanceId, groupId)
    want.groupNamed(instanceId, String(resource.displayName))
    needsMembers(instanceId, groupId, { replaceAll: null, add: members ?? [], remove: [] }, want)
  },

  decide({ instanceId, groupId, scim }, view, ctx) {
    const { resource, members } = takeMembers(scim)
    const displayName = String(resource.displayName)
    const wanted = { replaceAll: null, add: members ?? [], remove: [] }
    const native = view.group(instanceId, groupId)
    if (native === undefined) {
      const holder = view.groupNamed(instanceId, displayName)
      if (holder !== undefined && holder.scimSyncId === null) {
        return unchanged({ outcome: 'native', entityId: holder._id })
      }
      if (holder !== undefined) throw new Fault('group-name-taken', { displayName })
      return groupOutcome(blankGroup(instanceId, groupId, ctx.now), { resource, members: wanted }, view, ctx, 'created')
    }
    // Gone or renamed since it was named: the ingress starts over.
    if (!native.visible || fold(native.displayName) !== fold(displayName)) {
      throw new Fault('not-found', { type: 'group' })
    }
    if (native.scimSyncId !== null) throw new Fault('group-name-taken', { displayName })
    return groupOutcome(native, { resource: merged(native.scim, resource), members: wanted }, view, ctx, 'created')
  },
})
