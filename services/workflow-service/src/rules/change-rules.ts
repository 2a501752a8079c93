import type { Actor, Change } from '@user-provisioning/contracts/actor'
import type { Write } from '@user-provisioning/mongo/write'
import { type StoredRuleSet, writeRuleSet } from './rule-set-store.ts'
import { ruleName } from './run-rules.ts'
import type { WorkflowRule } from './workflow-rule.ts'

/** A change of an instance's rules: always a new version. */
export interface RulesChange {
  readonly set: StoredRuleSet
  readonly writes: readonly Write[]
  /** What the history says of it: a rule that is new, gone or different. */
  readonly changes: readonly Change[]
}

/** Gives an instance other rules. A rule that is not the same as before starts with no failures to its name. */
export function changeRules(
  before: StoredRuleSet,
  rules: readonly WorkflowRule[],
  by: { readonly actor: Actor; readonly now: Date; readonly restoredFrom?: number },
): RulesChange {
  const kept = new Set(rules.filter((rule) => before.rules.includes(rule)).map(({ id }) => id))
  const set: StoredRuleSet = {
    ...before,
    version: before.version + 1,
    rules,
    failing: Object.fromEntries(Object.entries(before.failing).filter(([ruleId]) => kept.has(ruleId))),
    changedAt: by.now,
    changedBy: by.actor,
  }
  return {
    set,
    writes: writeRuleSet(before, set, by.restoredFrom ?? null),
    changes: rulesDiff(before.rules, rules).map(({ old, new: now }) => ({
      kind: 'rule',
      path: ruleName((now ?? old) as WorkflowRule),
      old: old && { ...old },
      new: now && { ...now },
    })),
  }
}

type Placed = WorkflowRule & { readonly position: number }

/** The rules that are new, gone or different, their place among the others included. */
export function rulesDiff(
  before: readonly WorkflowRule[],
  after: readonly WorkflowRule[],
): { ruleId: string; old: Placed | null; new: Placed | null }[] {
  const old = placed(before)
  const now = placed(after)
  const ids = new Set([...now.keys(), ...old.keys()])
  return [...ids].flatMap((ruleId) => {
    const pair = { ruleId, old: old.get(ruleId) ?? null, new: now.get(ruleId) ?? null }
    return JSON.stringify(pair.old) === JSON.stringify(pair.new) ? [] : [pair]
  })
}

/** A rule with its place, its members always in the same order. */
export function placed(rules: readonly WorkflowRule[]): Map<string, Placed> {
  return new Map(
    rules.map(({ id, field, condition, objectType, matchBy, ignoreCase, ifNone, state, reason }, n) => [
      id,
      { id, field, condition, objectType, matchBy, ignoreCase, ifNone, position: n + 1, state, reason },
    ]),
  )
}
