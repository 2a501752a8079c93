import { Fault } from '@user-provisioning/contracts/errors'
import { fold } from '@user-provisioning/scim/fold'
import { isJsonObject, type JsonObject } from '@user-provisioning/scim/json'
import { unchanged } from '../commands/command.ts'
import { managerIn } from './direct-manager.ts'
import { blankUser, withResource } from './user-change.ts'
import { userCommand } from './user-command.ts'
import { nativeNamed, refuseProtected } from './user-name.ts'

/**
 * An IdP's create, under an id minted for it. Where the name is a native's, it says so and writes nothing; the same request
 * then comes with the native's id, picks it up and applies its body, in which what is absent stays as it is.
 */
export const provisionUser = userCommand('ProvisionUser', {
  outcome: 'created',

  needs({ instanceId, userId, scim }, want) {
    want.newcomer(instanceId, userId)
    if (scim.active === false) want.guarded(instanceId, userId)
    want.userName(instanceId, String(scim.userName))
    const manager = managerIn(scim)
    if (manager !== null) want.manager(instanceId, manager, userId)
  },

  plan({ instanceId, userId, scim }, view, ctx) {
    const userName = String(scim.userName)
    const native = view.user(instanceId, userId)
    if (native === undefined) {
      const holder = nativeNamed(instanceId, userName, view)
      if (holder !== undefined) return unchanged({ outcome: 'native', entityId: holder._id })
      return withResource(blankUser(instanceId, userId, ctx.now), scim, view, ctx.now)
    }
    // Gone or renamed since it was named: the ingress starts over.
    if (native.state === 'deleted' || fold(native.userName) !== fold(userName)) {
      throw new Fault('not-found', { type: 'user' })
    }
    if (native.scimSyncId !== null) throw new Fault('user-name-taken', { userName })
    refuseProtected(native)
    return withResource(native, merged(native.scim, scim), view, ctx.now)
  },
})

/** What a body says put over what is there, part by part; what it does not say stays. */
export function merged(stored: JsonObject, body: JsonObject): JsonObject {
  const result: JsonObject = { ...stored }
  for (const [name, value] of Object.entries(body)) {
    const old = Object.hasOwn(stored, name) ? stored[name] : undefined
    result[name] = isJsonObject(old) && isJsonObject(value) ? merged(old, value) : value
  }
  return result
}
