import { Fault } from '@user-provisioning/contracts/errors'
import { fold } from '@user-provisioning/scim/fold'
import { takeMembers } from '@user-provisioning/scim/member-changes'
import { unchanged } from '../commands/command.ts'
import { requirePickUp } from '../pick-ups/pick-up.ts'
import { merged } from '../users/provision-user.ts'
import { blankGroup } from './group-change.ts'
import { groupCommand } from './group-command.ts'

/** An IdP's create of a group; a native of that name is picked up, as with users. */
export const provisionGroup = groupCommand('ProvisionGroup', {
  outcome: 'created',
  members: ({ scim }) => ({ replaceAll: null, add: takeMembers(scim).members ?? [], remove: [] }),

  needs({ instanceId, groupId, scim }, want) {
    want.group(instanceId, groupId)
    want.groupNamed(instanceId, String(scim.displayName))
  },

  plan({ instanceId, groupId, scim }, view, now) {
    const { resource } = takeMembers(scim)
    const displayName = String(resource.displayName)
    const native = view.group(instanceId, groupId)
    if (native === undefined) {
      const holder = view.groupNamed(instanceId, displayName)
      if (holder !== undefined && holder.scimSyncId === null) {
        requirePickUp(holder, displayName, view)
        return unchanged({ outcome: 'native', entityId: holder._id })
      }
      if (holder !== undefined) throw new Fault('group-name-taken', { displayName })
      return { before: blankGroup(instanceId, groupId, now), resource }
    }
    // Gone or renamed since it was named: the ingress starts over.
    if (native.state === 'deleted' || fold(native.displayName) !== fold(displayName)) {
      throw new Fault('not-found', { type: 'group' })
    }
    if (native.scimSyncId !== null) throw new Fault('group-name-taken', { displayName })
    requirePickUp(native, displayName, view)
    return { before: native, resource: merged(native.scim, resource) }
  },
})
