import { isAllowed, knows, type Principal } from '@user-provisioning/auth/principal'
import type { AdminRoute } from '@user-provisioning/contracts/admin/route'
import { Fault } from '@user-provisioning/contracts/errors'
import type { AccessTokenRecord } from '@user-provisioning/contracts/states'

/**
 * Whose access token it is.
 * @param tokenOf the record of a token, found by its hash
 * @throws Fault token-invalid, token-expired
 */
export function recognise(
  token: string,
  tokenOf: (token: string) => AccessTokenRecord | undefined,
  now: number = Date.now(),
): Principal {
  const record = tokenOf(token)
  if (!record) throw new Fault('token-invalid')
  if (record.expiresAt !== null && Date.parse(record.expiresAt) <= now) {
    throw new Fault('token-expired', { at: record.expiresAt })
  }
  return { ...record.principal, grants: record.grants }
}

type Needed = Extract<AdminRoute['role'], string>

const roleNames: Readonly<Record<Needed, string>> = {
  viewer: 'viewer',
  'lite-admin': 'Lite Admin',
  admin: 'admin',
  operator: 'operator',
  'operator-of-all': 'operator of all instances',
  anybody: 'anybody',
}

/**
 * Lets a principal use a route on an instance (null where the path names none).
 * @throws Fault instance-refused: no role on that instance, whether it exists or not; role-missing: not enough of one
 */
export function permit(principal: Principal, needed: AdminRoute['role'], instanceId: string | null): void {
  if (instanceId !== null && !knows(principal, instanceId)) throw new Fault('instance-refused')
  const anyOf: readonly Needed[] = typeof needed === 'string' ? [needed] : needed
  if (anyOf.some((role) => isAllowed(principal, role, instanceId))) return
  throw new Fault('role-missing', { role: anyOf.map((role) => roleNames[role]).join(' or ') })
}

/** Whether a principal may use a route for what is its own alone. */
export function isBoundToOwn(principal: Principal, route: AdminRoute, instanceId: string | null): boolean {
  return route.ownUnless !== undefined && !route.ownUnless.some((role) => isAllowed(principal, role, instanceId))
}
