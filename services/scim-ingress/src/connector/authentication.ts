import type { ApiKeyClaims } from '@user-provisioning/auth/api-key'
import { Fault } from '@user-provisioning/contracts/errors'
import type { ApiKeyRecord, InstanceRecord } from '@user-provisioning/contracts/states'

/** Who calls: an API key, and the instance that it opens. */
export interface Caller {
  readonly instanceId: string
  readonly apiKeyId: string
}

/** What a replica needs to know to decide alone. */
export interface Credentials {
  /**
   * Checks the signature and term of an API key.
   * @throws Fault token-invalid, token-expired
   */
  readonly verify: (token: string) => ApiKeyClaims
  readonly apiKey: (id: string) => Pick<ApiKeyRecord, 'instanceId' | 'revokedAt'> | undefined
  readonly instance: (id: string) => Pick<InstanceRecord, 'state' | 'matchingAttribute'> | undefined
}

/**
 * Whom an API key speaks for. A key that this replica has not heard of yet is let through, since identity-service checks
 * it again and knows it first; what was heard of refuses at once.
 * @throws Fault token-invalid, token-expired, token-revoked
 */
export function authenticate(token: string, credentials: Credentials): Caller {
  const { instanceId, keyId } = credentials.verify(token)
  const apiKey = credentials.apiKey(keyId)
  if (apiKey && apiKey.instanceId !== instanceId) {
    throw new Fault('token-invalid', {}, { internal: 'the key belongs to another instance than it says' })
  }
  if (apiKey?.revokedAt) throw new Fault('token-revoked', { at: apiKey.revokedAt })
  return { instanceId, apiKeyId: keyId }
}

/**
 * Lets a caller into the instance that the URL names; a URL without one means the caller's own.
 * @throws Fault instance-refused, the same for another's, an unknown and a deleted instance: an IdP that is answered 404
 * gives up at once
 */
export function enter(caller: Caller, namedInstance: string | undefined, credentials: Credentials): void {
  const isOther = namedInstance !== undefined && namedInstance !== caller.instanceId
  if (isOther || credentials.instance(caller.instanceId)?.state === 'deleting') throw new Fault('instance-refused')
}
