import { operation } from '../operation.ts'
import { requireRule } from './present-rules.ts'
import { saveRules } from './save-rules.ts'

/** Removes a rule. The links that it made stay until all rules are run for everyone, so that a mistake can be taken back. */
export const deleteRule = operation('deleteWorkflowRule', {
  needs: (_request, want, instanceId) => want.ruleSet(instanceId),

  decide(request, view, ctx) {
    const rule = requireRule(view.ruleSet(ctx.instanceId), request.parameters.ruleId ?? '')
    return saveRules(
      request,
      view,
      ctx,
      ({ rules }) => rules.filter((each) => each !== rule),
      () => ({}),
    )
  },
})
