import type { Warning } from '@user-provisioning/contracts/actor'
import type { WorkflowChanged } from '@user-provisioning/contracts/engine-facts'
import type { RulesChange } from './change-rules.ts'

/** What is told of new rules: who made them, and what is different. */
export function rulesFact(
  type: 'RulesSaved' | 'RulePaused',
  id: string,
  { set, changes }: RulesChange,
  { correlationId, warnings = [] }: { readonly correlationId: string; readonly warnings?: Warning[] },
): WorkflowChanged {
  const { instanceId, version, changedAt, changedBy } = set
  if (changedAt === null || changedBy === null) throw new Error('whoever changes rules says who and when')
  return {
    type,
    id,
    instanceId,
    entityId: instanceId,
    at: changedAt.toISOString(),
    correlationId,
    actor: changedBy,
    subject: { type: 'workflow-rules', id: instanceId, name: `Version ${version}` },
    changes: [...changes],
    warnings,
  }
}
