import { requireVersion } from '@user-provisioning/contracts/admin/if-match'
import type { OperationId } from '@user-provisioning/contracts/admin/routes'
import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import type { Context, Outcome } from '../operation.ts'
import type { WorkflowView } from '../workflow-view.ts'
import { changeRules } from './change-rules.ts'
import type { StoredRuleSet } from './rule-set-store.ts'
import { rulesFact } from './rules-fact.ts'
import type { WorkflowRule } from './workflow-rule.ts'

/**
 * Saves an instance's rules as a new version, on condition of If-Match where it was sent: all rules are one document, so that
 * two admins cannot overwrite each other unseen.
 * @throws Fault precondition-failed
 */
export function saveRules<Id extends OperationId>(
  request: AdminRequest,
  view: WorkflowView,
  { instanceId, actor, now }: Context,
  change: (before: StoredRuleSet) => readonly WorkflowRule[],
  answer: (set: StoredRuleSet) => Outcome<Id>['answer'],
  restoredFrom?: number,
): Outcome<Id> {
  const before = view.ruleSet(instanceId)
  requireVersion(request, {
    version: before.version,
    changedAt: before.changedAt ?? now,
    changedBy: before.changedBy ?? undefined,
  })
  const rules = change(before)
  if (rules === before.rules) return { writes: [], facts: [], answer: answer(before) }
  const changed = changeRules(before, rules, { actor, now, ...(restoredFrom === undefined ? {} : { restoredFrom }) })
  view.putRuleSet(changed.set)
  const fact = rulesFact('RulesSaved', changed)
  return { writes: changed.writes, facts: [fact], answer: answer(changed.set), diff: changed.changes }
}

/** The rules with one more at a place (from 1), or at the end. */
export function withRuleAt(
  rules: readonly WorkflowRule[],
  rule: WorkflowRule,
  position = rules.length + 1,
): WorkflowRule[] {
  return rules.toSpliced(Math.min(position, rules.length + 1) - 1, 0, rule)
}
