import type { Warning } from '@user-provisioning/contracts/actor'
import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import type { JsonObject } from '@user-provisioning/scim/json'
import { mapUser } from '../mapping-sets/map-user.ts'
import type { MappingSet } from '../mapping-sets/mapping-set.ts'

/** What a proposal was made from. */
interface VersionPair {
  readonly scimVersion: number
  readonly mappingSetVersion: number
}

/** What is kept of a managed user from its last fact. */
export interface UserCopy {
  readonly version: number
  readonly scimVersion: number
  readonly scim: JsonObject
  /** The pair last proposed for; null where nothing was. */
  readonly proposed: VersionPair | null
  /** The IdP manages the user but has written nothing yet: its fields are still the native ones. */
  readonly pickedUp: boolean
  /** A deleted user: only the version is kept, and only for as long as an older fact may still come. */
  readonly deleted: boolean
}

/** What a user fact leads to; without `copy` nothing is to be written. */
export interface UserDecision {
  readonly copy?: UserCopy
  readonly proposal?: VersionPair & {
    readonly fields: Readonly<Record<string, string | null>>
    readonly rows: Readonly<Record<string, string>>
    readonly warnings: readonly Warning[]
  }
}

/**
 * Whether a user fact can have changed a user's SCIM state. What the engines do in the background never does, and
 * half of all facts are theirs. One that is announced again carries the state whatever its type.
 */
export function carriesScimState(fact: UserFact): boolean {
  if (fact.repeated) return true
  return !((fact.type === 'FieldsChanged' || fact.type === 'LinksChanged') && fact.cause.type === 'proposal')
}

/**
 * Decides what a user fact leads to: a proposal for each pair of versions that was not proposed for. Only managed users
 * are mapped; one that was picked up from the IdP's first write on; a deleted one is forgotten.
 */
export function decideOnUserFact(copy: UserCopy | undefined, fact: UserFact, set: MappingSet): UserDecision {
  const { user } = fact
  // Right after a rebalance a fact may come late. One of the same version may be the second of one write.
  if (copy && user.version < copy.version) return {}
  if (user.state === 'deleted') {
    if (copy?.deleted) return {}
    return {
      copy: {
        version: user.version,
        scimVersion: user.scimVersion,
        scim: {},
        proposed: null,
        pickedUp: false,
        deleted: true,
      },
    }
  }
  if (user.scimSyncId === null || copy?.deleted) return {}

  const seen = { version: user.version, scimVersion: user.scimVersion, scim: user.scim as JsonObject, deleted: false }
  if (onlyPicksUp(copy, fact)) {
    if (copy) return {}
    return { copy: { ...seen, proposed: null, pickedUp: true } }
  }
  const pair: VersionPair = { scimVersion: user.scimVersion, mappingSetVersion: set.version }
  if (copy?.proposed && samePair(copy.proposed, pair)) return {}
  return {
    copy: { ...seen, proposed: pair, pickedUp: false },
    proposal: { ...pair, ...mapUser(set, seen.scim) },
  }
}

/** The IdP has written nothing yet: a pick-up by lookup, or what happens to such a user in the product. */
function onlyPicksUp(copy: UserCopy | undefined, { type, changes, user }: UserFact): boolean {
  if (type !== 'UserPickedUp' && !copy?.pickedUp) return false
  if (copy?.pickedUp && user.scimVersion > copy.scimVersion) return false
  return !changes.some(({ kind }) => kind === 'attribute')
}

function samePair(one: VersionPair, other: VersionPair): boolean {
  return one.scimVersion === other.scimVersion && one.mappingSetVersion === other.mappingSetVersion
}
