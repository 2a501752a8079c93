import type { Warning } from '@user-provisioning/contracts/actor'
import type { NewFact } from '../operation.ts'
import type { RulesChange } from './change-rules.ts'

/** What is told of new rules: who made them, and what is different. */
export function rulesFact(
  type: 'RulesSaved' | 'RulePaused',
  { set, changes }: RulesChange,
  warnings: Warning[] = [],
): NewFact {
  const { instanceId, version, changedBy } = set
  if (changedBy === null) throw new Error('whoever changes rules says who')
  return {
    type,
    entityId: instanceId,
    actor: changedBy,
    subject: { type: 'workflow-rules', id: instanceId, name: `Version ${version}` },
    changes: [...changes],
    warnings,
  }
}
