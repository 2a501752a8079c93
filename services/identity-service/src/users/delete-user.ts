import { Fault } from '@user-provisioning/contracts/errors'
import { operation } from '../commands/command.ts'
import { requireMatch } from '../entity-tags/require-match.ts'
import { leaveGroups } from '../memberships/leave-groups.ts'
import { userFact, valueChange } from './user-change.ts'
import { visibleUser } from './visible-user.ts'

/**
 * The user is gone for the product: a tombstone stays, its name is free, its id answers 404. It leaves its groups in the
 * same commit, each of them on condition of its version. Native users are not the IdP's to delete.
 */
export const deleteUser = operation('DeleteUser', {
  needs({ instanceId, userId }, want) {
    want.user(instanceId, userId)
    want.groupsOf(instanceId, userId)
  },

  decide({ instanceId, userId, ...preconditions }, view, ctx) {
    const before = visibleUser(instanceId, userId, view)
    if (before.scimSyncId === null) throw new Fault('native-delete-refused', { name: before.userName })
    requireMatch(preconditions, before)
    const after = {
      ...before,
      state: 'deleted' as const,
      visible: false,
      search: {},
      directManager: null,
      pendingManager: null,
      version: before.version + 1,
      scimVersion: before.scimVersion + 1,
      meta: { ...before.meta, lastModified: ctx.now },
      changedAt: ctx.now,
    }
    const changes = valueChange('state', 'state', before.state, after.state)
    const left = leaveGroups({ id: userId, type: 'User', name: before.userName }, instanceId, view, ctx)
    return {
      effects: [{ kind: 'user', before, after }, ...left.effects],
      announcements: [userFact('UserDeleted', { after, changes, warnings: [] }, ctx), ...left.announcements],
      reply: { outcome: 'deleted' },
    }
  },
})
