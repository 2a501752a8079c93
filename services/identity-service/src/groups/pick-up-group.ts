import { operation } from '../commands/command.ts'
import { groupOutcome, visibleGroup } from './group-change.ts'

/** A native group was looked up by its name: it is managed from now on. The second time is nothing. */
export const pickUpGroup = operation('PickUpGroup', {
  needs({ instanceId, groupId }, want) {
    want.group(instanceId, groupId)
  },

  decide({ instanceId, groupId }, view, ctx) {
    const group = visibleGroup(instanceId, groupId, view)
    const same = { resource: group.scim, members: { replaceAll: null, add: [], remove: [] } }
    return groupOutcome(group, same, view, ctx, 'changed')
  },
})
