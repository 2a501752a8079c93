import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import { placed } from './change-rules.ts'
import type { StoredRuleSet } from './rule-set-store.ts'
import type { WorkflowRule } from './workflow-rule.ts'

/** A rule as the admin API shows it. @throws Fault not-found */
export function presentRule(set: StoredRuleSet, ruleId: string): AdminAnswer<'readWorkflowRule'> {
  const rule = placed(set.rules).get(ruleId)
  if (rule === undefined) throw new Fault('not-found', { type: 'rule' })
  return { ...rule, instanceId: set.instanceId, version: set.version }
}

/** All rules of an instance as the admin API shows them. */
export function presentRules(set: StoredRuleSet, now: Date): AdminAnswer<'listWorkflowRules'> {
  const { instanceId, version, changedAt, changedBy } = set
  return {
    items: [...placed(set.rules).values()].map((rule) => ({ ...rule, instanceId, version })),
    next: null,
    asOf: now.toISOString(),
    version,
    changedAt: changedAt?.toISOString() ?? null,
    changedBy,
  }
}

/** @throws Fault not-found */
export function requireRule(set: StoredRuleSet, ruleId: string): WorkflowRule {
  const rule = set.rules.find(({ id }) => id === ruleId)
  if (rule === undefined) throw new Fault('not-found', { type: 'rule' })
  return rule
}
