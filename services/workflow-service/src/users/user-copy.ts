import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import type { Fields, Link, UserState } from '@user-provisioning/contracts/images'
import type { HeldLink, RuleChange, RuleRun, RuleUser } from '../rules/run-rules.ts'

/** What is kept of a user from its last fact. */
export interface UserCopy {
  readonly version: number
  /** The fields last acted on. */
  readonly fieldsVersion: number
  readonly fields: Fields
  readonly state: UserState
  readonly userName: string
  readonly managed: boolean
  /** What the rules hold: the links last proposed. */
  readonly links: readonly HeldLink[]
  /** Counts the writes of this copy; a proposal of links carries it, so that of two the newer one stays. */
  readonly revision: number
  /** A deleted user: only the version is kept, and only for as long as an older fact may still come. */
  readonly deleted: boolean
}

/** What a user fact leads to; without `copy` nothing is to be written. */
export interface UserDecision {
  readonly copy?: UserCopy
  /** The rules ran, once. */
  readonly run?: RuleRun
  /** All links that rules hold, to be proposed for this version of the fields. */
  readonly links?: readonly HeldLink[]
}

/**
 * Whether a user fact can matter to rules. Their own writes never do, nor does a user without fields; one that is
 * announced again is looked at whatever its type.
 */
export function mayTriggerRules(fact: UserFact): boolean {
  if (fact.repeated || fact.user.state === 'deleted') return true
  if (fact.type === 'LinksChanged') return false
  return fact.user.fieldsVersion > 0 || Object.keys(fact.user.fields).length > 0
}

/**
 * Decides what a user fact leads to. The fields are compared with those last acted on, never with a list of changed
 * paths, so that repetitions and gaps change nothing. Links are proposed when the rules now hold others, and when the
 * image does not show those they hold: identity drops a proposal made for older fields, and then this fact is the newer
 * one that it relies on.
 */
export function decideOnUserFact(
  copy: UserCopy | undefined,
  fact: UserFact,
  run: (change: RuleChange) => RuleRun,
): UserDecision {
  const { user } = fact
  // Right after a rebalance a fact may come late. One of the same version may be the second of one write.
  if (copy && (copy.deleted ? user.version <= copy.version : user.version < copy.version)) return {}
  const revision = Math.max(copy?.revision ?? 0, user.linksRevision ?? 0) + 1
  const { version, fieldsVersion, state, userName, fields } = user
  const seen = { version, fieldsVersion, state, userName, fields, managed: user.scimSyncId !== null, revision }
  if (state === 'deleted') return { copy: { ...seen, userName: '', fields: {}, links: [], deleted: true } }

  // Whoever comes back has what it left with.
  const known = copy?.deleted ? undefined : copy
  const held = known?.links ?? user.links.map(({ rulesVersion: _, ...link }) => link)
  const isNewer = !known || fieldsVersion > known.fieldsVersion
  if (!isNewer && !fact.repeated) {
    const isSame = known.state === state && known.userName === userName && known.managed === seen.managed
    return isSame ? {} : { copy: { ...seen, fields: known.fields, links: held, deleted: false } }
  }

  const ruleRun = run({
    before: known ? ruleUserOf(known) : null,
    after: ruleUserOf({ ...seen, links: held }),
  })
  const isProposed = !sameLinks(ruleRun.links, held) || !sameLinks(ruleRun.links, user.links)
  if (!isNewer && ruleRun.ran.size === 0 && !isProposed) return {}
  return {
    copy: { ...seen, links: ruleRun.links, deleted: false },
    ...(ruleRun.ran.size > 0 ? { run: ruleRun } : {}),
    ...(isProposed ? { links: ruleRun.links } : {}),
  }
}

/** A user as rules see it. */
export function ruleUserOf({ fields, links, state, userName, managed }: RuleUser): RuleUser {
  return { fields, links, state, userName, managed }
}

/** The same objects, called the same, by the same rules, in any order. */
export function sameLinks(one: readonly HeldLink[], other: readonly (HeldLink | Link)[]): boolean {
  const keys = new Set(one.map(linkKey))
  return keys.size === other.length && other.every((link) => keys.has(linkKey(link)))
}

function linkKey({ ruleId, objectType, objectId, objectName }: HeldLink): string {
  return `${ruleId}\n${objectType}\n${objectId}\n${objectName}`
}
