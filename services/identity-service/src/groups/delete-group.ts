import { Fault } from '@user-provisioning/contracts/errors'
import { operation } from '../commands/command.ts'
import { requireMatch } from '../entity-tags/require-match.ts'
import { leaveGroups } from '../memberships/leave-groups.ts'
import { groupFact, visibleGroup } from './group-change.ts'

/**
 * The group is gone for the product: a tombstone stays and its name is free. It leaves the groups that it was in. Its own
 * memberships stay with the tombstone, where nothing reads them, so that deleting a large group costs what a small one does.
 */
export const deleteGroup = operation('DeleteGroup', {
  needs({ instanceId, groupId }, want) {
    want.group(instanceId, groupId)
    want.groupsOf(instanceId, groupId)
  },

  decide({ instanceId, groupId, ...preconditions }, view, ctx) {
    const before = visibleGroup(instanceId, groupId, view)
    if (before.scimSyncId === null) throw new Fault('native-delete-refused', { name: before.displayName })
    requireMatch(preconditions, before)
    const after = {
      ...before,
      state: 'deleted' as const,
      visible: false,
      search: {},
      version: before.version + 1,
      scimVersion: before.scimVersion + 1,
      meta: { ...before.meta, lastModified: ctx.now },
      changedAt: ctx.now,
    }
    const left = leaveGroups({ id: groupId, type: 'Group', name: before.displayName }, instanceId, view, ctx)
    return {
      effects: [{ kind: 'group', before, after }, ...left.effects],
      announcements: [
        groupFact('GroupDeleted', after, [{ kind: 'state', path: 'state', old: 'active', new: 'deleted' }], ctx),
        ...left.announcements,
      ],
      reply: { outcome: 'deleted' },
    }
  },
})
