import { requireImmutableKept } from '@user-provisioning/scim/immutable'
import { userType } from '@user-provisioning/scim/schema'
import { requireMatch } from '../entity-tags/require-match.ts'
import { managerIn } from './direct-manager.ts'
import { withResource } from './user-change.ts'
import { userCommand } from './user-command.ts'
import { requireFreeName } from './user-name.ts'
import { visibleUser } from './visible-user.ts'

/** PUT: what the body does not have is cleared, but for `active`. The first one of a native user picks it up. */
export const replaceUser = userCommand('ReplaceUser', {
  outcome: 'changed',

  needs({ instanceId, userId, scim }, want) {
    want.user(instanceId, userId)
    want.userName(instanceId, String(scim.userName))
    want.groupsOf(instanceId, userId)
    want.reportsPendingFor(instanceId, userId)
    want.guarded(instanceId, userId)
    const manager = managerIn(scim)
    if (manager !== null) want.manager(instanceId, manager, userId)
  },

  plan({ instanceId, userId, scim, ...preconditions }, view, ctx) {
    const user = visibleUser(instanceId, userId, view)
    requireMatch(preconditions, user)
    requireFreeName(instanceId, userId, String(scim.userName), view)
    const resource = scim.active === undefined ? { ...scim, active: user.scim.active ?? true } : scim
    requireImmutableKept(user.scim, resource, userType)
    return withResource(user, resource, view, ctx.now)
  },
})
