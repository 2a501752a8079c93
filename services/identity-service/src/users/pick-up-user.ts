import { valueChange } from './user-change.ts'
import { userCommand } from './user-command.ts'
import { visibleUser } from './visible-user.ts'

/** A native user was looked up by its name: it is managed from now on, and nothing else changes. The second time is nothing. */
export const pickUpUser = userCommand('PickUpUser', {
  outcome: 'changed',

  needs({ instanceId, userId }, want) {
    want.user(instanceId, userId)
    want.groupsOf(instanceId, userId)
    want.reportsPendingFor(instanceId, userId)
  },

  plan({ instanceId, userId }, view, ctx) {
    const before = visibleUser(instanceId, userId, view)
    const isManaged = before.scimSyncId !== null
    const after = isManaged
      ? before
      : { ...before, scimSyncId: userId, version: before.version + 1, changedAt: ctx.now }
    const changes = valueChange('state', 'scimSyncId', before.scimSyncId, userId)
    return { before, after, changes, warnings: [] }
  },
})
