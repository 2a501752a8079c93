import type { Actor } from '../actor.ts'
import { Fault } from '../errors.ts'

/** What is told of a resource to somebody who has an older one. */
interface Current {
  readonly version: number
  readonly changedAt: Date
  readonly changedBy?: Actor | undefined
}

/**
 * If-Match of an admin request (RFC 9110 section 13.1.1), compared by the owner with what it is about to change.
 * @throws Fault precondition-failed with `currentVersion`, `changedBy` and `changedAt`, so that a page can merge
 */
export function requireVersion(
  { ifMatch }: { readonly ifMatch?: readonly number[] | '*' | undefined },
  { version, changedAt, changedBy }: Current,
): void {
  if (ifMatch === undefined || ifMatch === '*' || ifMatch.includes(version)) return
  const at = changedAt.toISOString()
  const members = { currentVersion: version, changedBy: changedBy ?? null, changedAt: at }
  throw new Fault('precondition-failed', { at }, { members })
}
