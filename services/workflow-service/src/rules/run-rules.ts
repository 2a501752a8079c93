import type { Warning } from '@user-provisioning/contracts/actor'
import { describeFault, type ErrorCode, shown } from '@user-provisioning/contracts/errors'
import type { Fields, UserState } from '@user-provisioning/contracts/images'
import type { ProposeLinks } from '@user-provisioning/contracts/proposals'
import { typeName } from '../objects/object.ts'
import { listenedType, type WorkflowRule } from './workflow-rule.ts'

/** A link that a rule holds: one at most for each rule. */
export type HeldLink = ProposeLinks['links'][number]

/** A user as rules see it. */
export interface RuleUser {
  readonly fields: Fields
  readonly links: readonly HeldLink[]
  readonly state: UserState
  readonly userName: string
  readonly managed: boolean
}

/** What a value was found to name: an object, or one that must not be linked to, and why. */
export type Found = { readonly id: string; readonly name: string } | { readonly refused: Warning }

/** An object that a rule is to create is not acceptable; the message says why, as the end of a sentence. */
export class CannotCreate extends Error {}

/** What rules ask of the world. */
export interface Surroundings {
  readonly find: (rule: WorkflowRule, value: string) => Found | undefined
  /** @throws CannotCreate */
  readonly create: (rule: WorkflowRule, value: string) => { readonly id: string; readonly name: string }
  /** @throws Error with a sentence that says what is wrong with the condition */
  readonly holds: (condition: string, before: RuleUser, after: RuleUser) => boolean
}

export interface RuleChange {
  /** As it was when rules last ran over it; null where it has just come. */
  readonly before: RuleUser | null
  /** As it is; its links are those that the rules hold. */
  readonly after: RuleUser
  /**
   * Rules that run again, as if the user had just come: what they then hold depends on the user alone, not on how it came to
   * be so. With `all`, links of rules that are no more go.
   */
  readonly again?: 'all' | ReadonlySet<string>
}

/** What running one rule came to, for whoever wants to know why. */
export interface RuleOutcome {
  readonly value: string | null
  /** Null: there is none, or it could not be told. */
  readonly condition: boolean | null
  readonly object: { readonly id: string; readonly name: string } | null
  /** The rule held another link, or none, before. */
  readonly changed: boolean
  readonly warning: Warning | null
}

export interface RuleRun {
  /** What each rule that ran came to, the last time that it did. */
  readonly ran: ReadonlyMap<WorkflowRule, RuleOutcome>
  /** All links that rules hold afterwards; of a rule that did not run, the one that it held. */
  readonly links: readonly HeldLink[]
  readonly warnings: readonly Warning[]
  /** The rules that could not be carried out, by their ids, and why: their links stay as they were. */
  readonly failed: ReadonlyMap<string, string>
  /** Rules that feed each other, cut: the ids from one rule back to it. */
  readonly loops: readonly (readonly string[])[]
}

/**
 * How often one rule may run for one change. Rules that listen to links of others settle with the second run at most, unless
 * they feed each other.
 */
const mostRuns = 3

const newcomer: RuleUser = { fields: {}, links: [], state: 'active', userName: '', managed: false }

/**
 * Runs the rules over a change of a user, in order: those whose own field changed, then those that listen to links which
 * changed thereby, until nothing more follows. A rule's own link never triggers it; rules that feed each other are cut and
 * reported (PRODUCT.md 5.3).
 */
export function runRules(
  rules: readonly WorkflowRule[],
  { before: known, after, again }: RuleChange,
  around: Surroundings,
): RuleRun {
  const before = known ?? newcomer
  const active = rules.filter(({ state }) => state === 'active')
  const isAgain = ({ id }: Pick<WorkflowRule, 'id'>) => again === 'all' || (again?.has(id) ?? false)
  const ids = new Set(rules.map(({ id }) => id))
  const held = new Map(
    after.links.filter(({ ruleId }) => again !== 'all' || ids.has(ruleId)).map((link) => [link.ruleId, link]),
  )
  const seen = new Map(active.map((rule) => [rule.id, valueFor(rule, before.fields, inOrder(rules, before.links))]))
  const ran = new Map<WorkflowRule, RuleOutcome>()
  const runs = new Map<string, number>()
  const failed = new Map<string, string>()
  const loops: string[][] = []

  const current = () => inOrder(rules, [...held.values()])
  const valueNow = (rule: WorkflowRule) => valueFor(rule, after.fields, current())

  function run(rule: WorkflowRule): void {
    const value = valueNow(rule)
    const isAfresh = isAgain(rule)
    const old = held.get(rule.id)
    seen.set(rule.id, value)
    const { link, ...outcome } = outcomeOf(
      rule,
      value,
      { before: isAfresh ? newcomer : before, after: { ...after, links: current() }, old, isAfresh },
      around,
    )
    if (link === undefined) held.delete(rule.id)
    else held.set(rule.id, link)
    if (outcome.failure === undefined) failed.delete(rule.id)
    else failed.set(rule.id, outcome.failure)
    const { condition, object, warning } = outcome
    ran.set(rule, { value, condition, object, changed: old?.objectId !== link?.objectId, warning })
  }

  let triggered = new Map(
    active.filter((rule) => isAgain(rule) || valueNow(rule) !== seen.get(rule.id)).map((rule) => [rule, [rule.id]]),
  )
  while (triggered.size > 0) {
    const changed = new Map<string, readonly string[]>()
    for (const [rule, chain] of triggered) {
      const times = (runs.get(rule.id) ?? 0) + 1
      if (times > mostRuns) {
        loops.push(chain.slice(chain.lastIndexOf(rule.id, -2)))
        continue
      }
      runs.set(rule.id, times)
      const old = held.get(rule.id)
      run(rule)
      if (old?.objectName !== held.get(rule.id)?.objectName) changed.set(rule.objectType, chain)
    }
    triggered = new Map()
    for (const rule of active) {
      const chain = changed.get(listenedType(rule) ?? '')
      if (chain !== undefined && valueNow(rule) !== seen.get(rule.id)) triggered.set(rule, [...chain, rule.id])
    }
  }

  const warnings = [...ran.values()].flatMap(({ warning }) => warning ?? [])
  const nameOf = (id: string) => ruleName(rules.find((rule) => rule.id === id) ?? { field: id, objectType: id })
  for (const chain of loops) {
    warnings.push(warningOf('rule-loop-cut', null, { chain: chain.map(nameOf).join(', ') }))
  }
  return { ran, links: current(), warnings, failed, loops }
}

/** How a rule is called where people read of it. */
export function ruleName({ field, objectType }: Pick<WorkflowRule, 'field' | 'objectType'>): string {
  return `${field} -> ${objectType}`
}

interface Situation {
  readonly before: RuleUser
  readonly after: RuleUser
  readonly old: HeldLink | undefined
  readonly isAfresh: boolean
}

type Outcome = Pick<RuleOutcome, 'condition' | 'object' | 'warning'> & {
  readonly link: HeldLink | undefined
  /** Why it could not be carried out. */
  readonly failure?: string
}

function outcomeOf(rule: WorkflowRule, value: string | null, situation: Situation, around: Surroundings): Outcome {
  const { old } = situation
  let condition: boolean | null = null
  const fail = (err: unknown): Outcome => {
    const why = shown((err as Error).message)
    const warning = warningOf('rule-failed', rule.field, { rule: ruleName(rule), why })
    return { link: old, condition, object: null, warning, failure: why }
  }
  try {
    if (rule.condition !== null) condition = around.holds(rule.condition, situation.before, situation.after)
  } catch (err) {
    return fail(err)
  }
  if (condition === false) {
    return { link: situation.isAfresh ? undefined : old, condition, object: null, warning: null }
  }
  const none = { link: undefined, condition, object: null, warning: null }
  if (value === null) return none

  const found = around.find(rule, value)
  if (found && 'id' in found) return { ...none, object: found, link: linkTo(rule, found) }
  if (found) return { ...none, link: rule.ifNone === 'keep' ? old : undefined, warning: found.refused }
  switch (rule.ifNone) {
    case 'keep':
      return { ...none, link: old }
    case 'clear':
      return none
    case 'report':
      return { ...none, warning: notFound(rule, value) }
    case 'create':
      try {
        const object = around.create(rule, value)
        return { ...none, object, link: linkTo(rule, object) }
      } catch (err) {
        if (err instanceof CannotCreate) return fail(err)
        throw err
      }
  }
}

function linkTo({ id: ruleId, objectType }: WorkflowRule, object: { id: string; name: string }): HeldLink {
  return { objectType, objectId: object.id, objectName: object.name, ruleId }
}

/** What a rule listens to; absent, null and empty are the same. Its own link is nothing to it. */
function valueFor(rule: WorkflowRule, fields: Fields, links: readonly HeldLink[]): string | null {
  const type = listenedType(rule)
  if (type === undefined) return fields[rule.field] || null
  return links.find(({ objectType, ruleId }) => objectType === type && ruleId !== rule.id)?.objectName ?? null
}

/** The links in the order of the rules that hold them; those of rules that are no more come last. */
function inOrder(rules: readonly WorkflowRule[], links: readonly HeldLink[]): HeldLink[] {
  const place = new Map(rules.map(({ id }, n) => [id, n]))
  const of = ({ ruleId }: HeldLink) => place.get(ruleId) ?? rules.length
  return links.toSorted((one, other) => of(one) - of(other))
}

function notFound(rule: WorkflowRule, name: string): Warning {
  return warningOf('object-not-found', rule.field, { objectType: typeName(rule.objectType), name })
}

/** What is told of something that did not go as the rules say. */
export function warningOf(code: ErrorCode, path: string | null, slots: Readonly<Record<string, string>>): Warning {
  return { code, path, detail: describeFault({ code, slots }).detail }
}
