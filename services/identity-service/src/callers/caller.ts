import type { Role } from '@user-provisioning/contracts/admin/route'
import { Fault } from '@user-provisioning/contracts/errors'
import type { ApiKeyDocument } from '../api-keys/api-key-document.ts'
import type { InstanceDocument } from '../instances/instance-document.ts'
import type { UserDocument } from '../users/user-document.ts'

/** What was read about who asks over SCIM. */
export interface CallerDocuments {
  readonly apiKey: ApiKeyDocument | undefined
  readonly integrationUser: UserDocument | undefined
  readonly instance: InstanceDocument | undefined
}

/**
 * Refuses whoever may not ask any more, by what is stored now: the ingress decides by what it last heard, and a revoked key
 * must do nothing from the revoke's answer on (PRODUCT.md 1.2, 1.3).
 * @throws Fault token-invalid, token-revoked, token-expired, instance-refused, integration-user-refused
 */
export function requireCaller({ apiKey, integrationUser, instance }: CallerDocuments, now: Date): ApiKeyDocument {
  if (apiKey === undefined) throw new Fault('token-invalid')
  if (apiKey.revokedAt !== null) throw new Fault('token-revoked', { at: apiKey.revokedAt.toISOString() })
  if (apiKey.expiresAt <= now) throw new Fault('token-expired', { at: apiKey.expiresAt.toISOString() })
  if (instance?.state !== 'active') throw new Fault('instance-refused')
  if (integrationUser === undefined || integrationUser.state === 'deleted') {
    throw new Fault('integration-user-refused', { name: apiKey.integrationUserId, reason: 'is deleted' })
  }
  const { userName: name, role } = integrationUser
  if (integrationUser.state === 'suspended')
    throw new Fault('integration-user-refused', { name, reason: 'is suspended' })
  if (!mayProvision(role)) throw new Fault('integration-user-refused', { name, reason: 'lacks Lite Admin' })
  return apiKey
}

/** API keys need at least Lite Admin; an operator runs things and has no rights on users. */
export function mayProvision(role: Role | null): boolean {
  return role === 'lite-admin' || role === 'admin'
}
