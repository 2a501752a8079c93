import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import type { Fields, Link } from '@user-provisioning/contracts/images'
import { type FindObject, type HeldLink, type RuleRun, runRules } from '../rules/run-rules.ts'
import type { RuleSet } from '../rules/workflow-rule.ts'

/** What is kept of a user from its last fact. */
export interface UserCopy {
  readonly version: number
  /** The fields last acted on. */
  readonly fieldsVersion: number
  readonly fields: Fields
  /** What the rules hold: the links last proposed. */
  readonly links: readonly HeldLink[]
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
  ruleSet: RuleSet,
  findObject: FindObject,
): UserDecision {
  const { user } = fact
  // Right after a rebalance a fact may come late. One of the same version may be the second of one write.
  if (copy && (copy.deleted || user.version < copy.version)) return {}
  if (user.state === 'deleted') {
    return {
      copy: { version: user.version, fieldsVersion: user.fieldsVersion, fields: {}, links: [], deleted: true },
    }
  }
  const isNewer = !copy || user.fieldsVersion > copy.fieldsVersion
  if (!isNewer && !fact.repeated) return {}

  const held = copy?.links ?? []
  const run = runRules(ruleSet.rules, copy?.fields ?? {}, user.fields, held, findObject)
  const isProposed = !sameLinks(run.links, held) || !sameLinks(run.links, user.links)
  if (!isNewer && run.ran.length === 0 && !isProposed) return {}
  return {
    copy: {
      version: user.version,
      fieldsVersion: user.fieldsVersion,
      fields: user.fields,
      links: run.links,
      deleted: false,
    },
    ...(run.ran.length > 0 ? { run } : {}),
    ...(isProposed ? { links: run.links } : {}),
  }
}

/** The same objects by the same rules, in any order. */
function sameLinks(one: readonly HeldLink[], other: readonly (HeldLink | Link)[]): boolean {
  const keys = new Set(one.map(linkKey))
  return keys.size === other.length && other.every((link) => keys.has(linkKey(link)))
}

function linkKey({ ruleId, objectType, objectId }: HeldLink): string {
  return `${ruleId}\n${objectType}\n${objectId}`
}
