import { Fault } from '@user-provisioning/contracts/errors'
import { matchesTag } from '@user-provisioning/scim/etag'

/**
 * If-Match: the client changes only what it has seen (RFC 7644 section 3.14).
 * @throws Fault precondition-failed
 */
export function requireMatch(
  ifMatch: readonly string[] | undefined,
  current: { readonly scimVersion: number; readonly meta: { readonly lastModified: Date } },
): void {
  if (ifMatch === undefined || matchesTag(ifMatch, current.scimVersion)) return
  throw new Fault('precondition-failed', { at: current.meta.lastModified.toISOString() })
}
