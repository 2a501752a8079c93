import { Fault } from '@user-provisioning/contracts/errors'
import { newId } from '@user-provisioning/contracts/ids'
import type { Snapshot } from '@user-provisioning/contracts/reply'
import type { JsonObject } from '@user-provisioning/scim/json'
import { type Call, type Identity, unexpected } from './identity.ts'
import type { ProvisionedType } from './provisioned-type.ts'

/**
 * Creates a user or group under an id minted here, so that it has one key from birth. Where the name is a native's, its
 * owner says so and writes nothing, and the same request goes to that entity, which is picked up. If it is gone or renamed
 * by then, all of it starts over, once.
 * @throws Fault what identity-service refuses with; service-unavailable when the native is gone twice
 */
export async function provision(
  call: Call,
  provisioned: ProvisionedType,
  scim: JsonObject,
  identity: Identity,
): Promise<Snapshot> {
  const mintedId = newId()
  for (let attempt = 1; attempt <= 2; attempt++) {
    const reply = await identity.command(call, mintedId, provisioned.provision(mintedId, scim))
    if (reply.outcome === 'created') return reply.resource
    if (reply.outcome !== 'native') throw unexpected(reply)
    const picked = await provisionNative(call, provisioned, reply.entityId, scim, identity)
    if (picked) return picked
  }
  throw new Fault('service-unavailable', { service: 'identity-service' }, { internal: 'the native went away twice' })
}

async function provisionNative(
  call: Call,
  provisioned: ProvisionedType,
  nativeId: string,
  scim: JsonObject,
  identity: Identity,
): Promise<Snapshot | undefined> {
  try {
    const reply = await identity.command(call, nativeId, provisioned.provision(nativeId, scim))
    if (reply.outcome === 'native') return undefined
    if (reply.outcome === 'created') return reply.resource
    throw unexpected(reply)
  } catch (err) {
    if (err instanceof Fault && err.code === 'not-found') return undefined
    throw err
  }
}
