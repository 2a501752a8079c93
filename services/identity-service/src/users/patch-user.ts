import { applyPatch, type PatchOperation } from '@user-provisioning/scim/patch'
import { userType } from '@user-provisioning/scim/schema'
import { operation } from '../commands/command.ts'
import { requireMatch } from '../entity-tags/require-match.ts'
import { managerInPatch } from './direct-manager.ts'
import { withReports } from './pending-reports.ts'
import { userOutcome, withResource } from './user-change.ts'
import { requireFreeName } from './user-name.ts'
import { visibleUser } from './visible-user.ts'

/** PATCH: all operations or none. The first one of a native user picks it up, even if it changes nothing else. */
export const patchUser = operation('PatchUser', {
  needs({ instanceId, userId, operations }, want) {
    want.user(instanceId, userId)
    want.groupsOf(instanceId, userId)
    want.reportsPendingFor(instanceId, userId)
    for (const item of operations) {
      const manager = managerInPatch(item)
      if (manager !== null) want.user(instanceId, manager)
      if (item.path === 'userName' && typeof item.value === 'string') want.userName(instanceId, item.value)
    }
  },

  decide({ instanceId, userId, operations, ...preconditions }, view, ctx) {
    const user = visibleUser(instanceId, userId, view)
    requireMatch(preconditions, user)
    const { resource } = applyPatch(user.scim, operations as PatchOperation[], userType)
    if (resource.userName !== user.userName) requireFreeName(instanceId, userId, String(resource.userName), view)
    const change = withResource(user, resource, view, ctx.now)
    return withReports(userOutcome(change, view, ctx, 'changed'), change, view, ctx)
  },
})
