import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import { bodyOf, type Context, operation } from '../operation.ts'
import type { WorkflowView } from '../workflow-view.ts'
import { presentRule, requireRule } from './present-rules.ts'
import { saveRules } from './save-rules.ts'
import type { WorkflowRule } from './workflow-rule.ts'

/** Pauses a rule: it does not run, its links stay. */
export const pauseRule = operation('pauseWorkflowRule', {
  needs: (_request, want, instanceId) => want.ruleSet(instanceId),
  decide: (request, view, ctx) =>
    setState(request, view, ctx, { state: 'paused', reason: bodyOf('pauseWorkflowRule', request).reason }),
})

/** Lets a paused rule run again, with no failures to its name. */
export const resumeRule = operation('resumeWorkflowRule', {
  needs: (_request, want, instanceId) => want.ruleSet(instanceId),
  decide: (request, view, ctx) => setState(request, view, ctx, { state: 'active', reason: null }),
})

function setState(
  request: AdminRequest,
  view: WorkflowView,
  ctx: Context,
  wanted: Pick<WorkflowRule, 'state' | 'reason'>,
) {
  const rule = requireRule(view.ruleSet(ctx.instanceId), request.parameters.ruleId ?? '')
  if (rule.state === wanted.state) {
    const verb = wanted.state === 'paused' ? 'pause' : 'resume'
    throw new Fault('state-conflict', { thing: 'Rule', state: rule.state, verb })
  }
  return saveRules<'pauseWorkflowRule'>(
    request,
    view,
    ctx,
    ({ rules }) => rules.map((each) => (each === rule ? { ...rule, ...wanted } : each)),
    (set) => presentRule(set, rule.id),
  )
}
