import type { Role } from '@user-provisioning/contracts/admin/route'

/** A role on one instance, or on all where `instanceId` is null. */
export interface Grant {
  readonly instanceId: string | null
  readonly role: Role
}

/** Who asks the admin API. */
export interface Principal {
  readonly id: string
  readonly name: string
  readonly grants: readonly Grant[]
}

const ladder: readonly Role[] = ['viewer', 'lite-admin', 'admin']

/** Whether a role includes another: viewer < lite-admin < admin. The operator stands apart: it runs things and reads no values. */
export function allows(role: Role, needed: Role): boolean {
  if (role === needed) return true
  return ladder.includes(needed) && ladder.indexOf(role) > ladder.indexOf(needed)
}

/** Whether a principal holds any role on the instance; null asks for a role on all instances. */
export function knows(principal: Principal, instanceId: string | null): boolean {
  return principal.grants.some((grant) => grant.instanceId === null || grant.instanceId === instanceId)
}

/**
 * Whether a principal may do what needs a role.
 * @param needed a role on the instance; 'operator-of-all' belongs to no instance; 'anybody' is who is signed in
 */
export function isAllowed(
  principal: Principal,
  needed: Role | 'operator-of-all' | 'anybody',
  instanceId: string | null = null,
): boolean {
  if (needed === 'anybody') return true
  if (needed === 'operator-of-all')
    return principal.grants.some((grant) => grant.instanceId === null && grant.role === 'operator')
  return principal.grants.some(
    (grant) => (grant.instanceId === null || grant.instanceId === instanceId) && allows(grant.role, needed),
  )
}
