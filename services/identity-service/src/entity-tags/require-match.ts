import { Fault } from '@user-provisioning/contracts/errors'
import type { ScimCommand } from '@user-provisioning/contracts/identity-requests'
import { matchesTag } from '@user-provisioning/scim/etag'

type Preconditions = Pick<Extract<ScimCommand, { type: 'DeleteUser' }>, 'ifMatch' | 'ifNoneMatch'>

/**
 * If-Match and If-None-Match: the client changes only what it has seen, or has not (RFC 7644 section 3.14).
 * @throws Fault precondition-failed
 */
export function requireMatch(
  { ifMatch, ifNoneMatch }: Preconditions,
  current: { readonly scimVersion: number; readonly meta: { readonly lastModified: Date } },
): void {
  const isMet = ifMatch === undefined || matchesTag(ifMatch, current.scimVersion)
  if (isMet && !(ifNoneMatch && matchesTag(ifNoneMatch, current.scimVersion))) return
  throw new Fault('precondition-failed', { at: current.meta.lastModified.toISOString() })
}
