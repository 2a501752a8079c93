import { applyPatch, type PatchOperation } from '@user-provisioning/scim/patch'
import { userType } from '@user-provisioning/scim/schema'
import type { CommandOf } from '../commands/command.ts'
import { requireMatch } from '../entity-tags/require-match.ts'
import { managerInPatch } from './direct-manager.ts'
import { withResource } from './user-change.ts'
import { userCommand } from './user-command.ts'
import { requireFreeName } from './user-name.ts'
import { visibleUser } from './visible-user.ts'

/** PATCH: all operations or none. The first one of a native user picks it up, even if it changes nothing else. */
export const patchUser = userCommand('PatchUser', {
  outcome: 'changed',
  saysState,

  needs({ instanceId, userId, operations }, want) {
    want.user(instanceId, userId)
    want.groupsOf(instanceId, userId)
    want.reportsPendingFor(instanceId, userId)
    if (saysState({ operations })) want.guarded(instanceId, userId)
    for (const item of operations) {
      const manager = managerInPatch(item)
      if (manager !== null) want.manager(instanceId, manager, userId)
      if (item.path === 'userName' && typeof item.value === 'string') want.userName(instanceId, item.value)
    }
  },

  plan({ instanceId, userId, operations, ...preconditions }, view, ctx) {
    const user = visibleUser(instanceId, userId, view)
    requireMatch(preconditions, user)
    const { resource } = applyPatch(user.scim, operations as PatchOperation[], userType)
    if (resource.userName !== user.userName) requireFreeName(instanceId, userId, String(resource.userName), view)
    return withResource(user, resource, view, ctx.now)
  },
})

function saysState({ operations }: Pick<CommandOf<'PatchUser'>, 'operations'>): boolean {
  return operations.some(({ path }) => path === undefined || path === 'active')
}
