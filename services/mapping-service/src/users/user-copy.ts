import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import type { Fields } from '@user-provisioning/contracts/images'
import type { JsonObject } from '@user-provisioning/scim/json'
import { type MappedUser, mapUser, preparedSet, type RowWarning } from '../mapping-sets/map-user.ts'
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
  /** The fields as they are once what was proposed is applied. */
  readonly fields: Fields
  /** The pair last proposed for; null where nothing was. */
  readonly proposed: VersionPair | null
  /** What the rows said when they were last applied: which gave no value, which had to choose. */
  readonly problems: readonly RowWarning[]
  /** The IdP manages the user but has written nothing yet: its fields are still the native ones. */
  readonly pickedUp: boolean
  /** A deleted user: only the version is kept, and only for as long as an older fact may still come. */
  readonly deleted: boolean
}

/** What a user fact leads to; without `copy` nothing is to be written. */
export interface UserDecision {
  readonly copy?: UserCopy
  readonly proposal?: VersionPair & MappedUser
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
 * Decides what a user fact leads to: a proposal for each SCIM version, and for each pair of versions where it is announced
 * again. Only managed users are mapped; one that was picked up from the IdP's first write on; a deleted one is
 * forgotten, and so is one whose pick-up was undone.
 *
 * A newer set is not applied to what the IdP has not changed, unless by a job: a field edited in the product keeps its value
 * until the IdP's next change (4.2), whatever is saved meanwhile.
 */
export function decideOnUserFact(copy: UserCopy | undefined, fact: UserFact, set: MappingSet): UserDecision {
  const { user } = fact
  // Right after a rebalance a fact may come late. One of the same version may be the second of one write.
  if (copy && user.version < copy.version) return {}
  if (user.state === 'deleted' || (copy && user.scimSyncId === null)) {
    if (copy?.deleted) return {}
    const { version, scimVersion } = user
    const gone = { scim: {}, fields: {}, proposed: null, problems: [], pickedUp: false, deleted: true }
    return { copy: { version, scimVersion, ...gone } }
  }
  // Whoever comes back after a deletion is mapped anew.
  if (user.scimSyncId === null || (copy?.deleted && user.version <= copy.version)) return {}

  const seen = {
    version: user.version,
    scimVersion: user.scimVersion,
    scim: user.scim as JsonObject,
    fields: user.fields,
    deleted: false,
  }
  if (onlyPicksUp(copy, fact)) {
    if (copy) return {}
    return { copy: { ...seen, proposed: null, problems: [], pickedUp: true } }
  }
  const pair: VersionPair = { scimVersion: user.scimVersion, mappingSetVersion: set.version }
  if (copy?.proposed && !asksForProposal(copy.proposed, pair, fact)) return withEdit(copy, fact)
  return applySet({ ...seen, pickedUp: false }, fact.instanceId, set)
}

/** Applies a set to a user as it is known: the copy afterwards, and what is to be proposed. */
export function applySet(
  known: Omit<UserCopy, 'proposed' | 'problems'>,
  instanceId: string,
  set: MappingSet,
): Required<UserDecision> {
  const pair = { scimVersion: known.scimVersion, mappingSetVersion: set.version }
  const mapped = mapUser(preparedSet(instanceId, set), known.scim)
  return {
    copy: { ...known, fields: { ...known.fields, ...mapped.fields }, proposed: pair, problems: mapped.warnings },
    proposal: { ...pair, ...mapped },
  }
}

function asksForProposal(proposed: VersionPair, pair: VersionPair, { repeated }: UserFact): boolean {
  if (proposed.scimVersion !== pair.scimVersion) return true
  return repeated === true && proposed.mappingSetVersion !== pair.mappingSetVersion
}

/** What was edited in the product is remembered: a preview shows it. */
function withEdit(copy: UserCopy, { changes, user }: UserFact): UserDecision {
  const edited = changes.filter(({ kind }) => kind === 'field')
  if (edited.length === 0 || user.version === copy.version) return {}
  const fields = Object.fromEntries(edited.map((change) => [change.path, change.new as string | null]))
  return { copy: { ...copy, version: user.version, fields: { ...copy.fields, ...fields } } }
}

/** The IdP has written nothing yet: a pick-up by lookup, or what happens to such a user in the product. */
function onlyPicksUp(copy: UserCopy | undefined, { type, changes, user }: UserFact): boolean {
  if (type !== 'UserPickedUp' && !copy?.pickedUp) return false
  if (copy?.pickedUp && user.scimVersion > copy.scimVersion) return false
  return !changes.some(({ kind }) => kind === 'attribute')
}
