import type { Actor, Warning } from '@user-provisioning/contracts/actor'
import type { Write } from '@user-provisioning/mongo/write'
import { writeReport } from '../rule-reports/rule-report.ts'
import { changeRules, type RulesChange } from './change-rules.ts'
import { type StoredRuleSet, writeFailing } from './rule-set-store.ts'
import { type RuleRun, ruleName, warningOf } from './run-rules.ts'

/** A rule that fails for so many different users in a row is paused. */
const mostFailures = 10

const actor: Actor = { type: 'system', id: 'workflow-service', name: 'Workflow engine' }

/** What a run says of the rules themselves. */
export interface RuleHealth {
  readonly set: StoredRuleSet
  readonly writes: readonly Write[]
  /** Rules that are paused from now on, and why. */
  readonly paused: readonly { readonly ruleId: string; readonly change: RulesChange; readonly warning: Warning }[]
}

/**
 * Notes which rules failed for a user and which succeeded: ten failures in a row, each for another user, pause a rule; the
 * others go on (PRODUCT.md 5.3). Where all is well nothing is written.
 */
export function noteHealth(before: StoredRuleSet, run: RuleRun, userId: string, now: Date): RuleHealth {
  const writes: Write[] = []
  const paused: RuleHealth['paused'][number][] = []
  let set = before
  for (const [rule, { warning }] of run.ran) {
    const failures = set.failing[rule.id] ?? []
    const why = run.failed.get(rule.id)
    if (why === undefined) {
      if (failures.length === 0) continue
      writes.push(writeFailing(set, rule.id, []))
      set = { ...set, failing: { ...set.failing, [rule.id]: [] } }
      continue
    }
    if (warning) writes.push(writeReport({ instanceId: set.instanceId, ruleIds: [rule.id], userId }, warning, now))
    if (failures.includes(userId)) continue
    const users = [...failures, userId]
    if (users.length < mostFailures) {
      writes.push(writeFailing(set, rule.id, [userId]))
      set = { ...set, failing: { ...set.failing, [rule.id]: users } }
      continue
    }
    const told = warningOf('rule-paused', rule.field, { rule: ruleName(rule), n: String(mostFailures), why })
    const rules = set.rules.map((each) =>
      each.id === rule.id ? { ...each, state: 'paused' as const, reason: told.detail } : each,
    )
    const change = changeRules(set, rules, { actor, now })
    writes.push(...change.writes, writeReport({ instanceId: set.instanceId, ruleIds: [rule.id], userId }, told, now))
    paused.push({ ruleId: rule.id, change, warning: told })
    set = change.set
  }
  for (const chain of run.loops) {
    const warning = run.warnings.find(({ code }) => code === 'rule-loop-cut')
    if (warning) writes.push(writeReport({ instanceId: set.instanceId, ruleIds: chain, userId }, warning, now))
  }
  return { set, writes, paused }
}
