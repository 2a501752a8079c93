import { Fault } from '@user-provisioning/contracts/errors'
import { fold } from '@user-provisioning/scim/fold'
import { isJsonObject, type JsonObject } from '@user-provisioning/scim/json'
import { unchanged } from '../commands/command.ts'
import { requirePickUp } from '../pick-ups/pick-up.ts'
import { managerIn } from './direct-manager.ts'
import { revivedUser, whoComesBack } from './revive-user.ts'
import { blankUser, withResource } from './user-change.ts'
import { userCommand } from './user-command.ts'
import { nativeNamed } from './user-name.ts'

/**
 * An IdP's create, under an id minted for it. Where the name is a native's, it says so and writes nothing; the same request
 * then comes with the native's id, picks it up and applies its body, in which what is absent stays as it is. Whoever comes back
 * after a deletion goes the same way, where the instance revives them.
 */
export const provisionUser = userCommand('ProvisionUser', {
  outcome: 'created',

  needs({ instanceId, userId, scim }, want) {
    want.newcomer(instanceId, userId)
    if (scim.active === false) want.guarded(instanceId, userId)
    want.userName(instanceId, String(scim.userName))
    want.formerHolder(instanceId, String(scim.userName))
    const manager = managerIn(scim)
    if (manager !== null) want.manager(instanceId, manager, userId)
  },

  plan({ instanceId, userId, scim }, view, ctx) {
    const userName = String(scim.userName)
    const native = view.user(instanceId, userId)
    if (native === undefined) {
      const holder = nativeNamed(instanceId, userName, view)
      const known = holder ?? whoComesBack(instanceId, userName, view)
      if (known !== undefined) return unchanged({ outcome: 'native', entityId: known._id })
      return withResource(blankUser(instanceId, userId, ctx.now), scim, view, ctx.now)
    }
    if (native.state === 'deleted' && whoComesBack(instanceId, userName, view)?._id === userId) {
      return revivedUser(native, scim, view, ctx.now)
    }
    // Gone or renamed since it was named: the ingress starts over.
    if (native.state === 'deleted' || fold(native.userName) !== fold(userName)) {
      throw new Fault('not-found', { type: 'user' })
    }
    if (native.scimSyncId !== null) throw new Fault('user-name-taken', { userName })
    requirePickUp(native, userName, view)
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
