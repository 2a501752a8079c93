import { bodyOf, operation } from '../operation.ts'
import { presentRule, requireRule } from './present-rules.ts'
import { readRule } from './read-rule.ts'
import { saveRules, withRuleAt } from './save-rules.ts'

/** Changes a rule, its place included. Links that it made stay until its field changes, or until it is run for everyone. */
export const replaceRule = operation('replaceWorkflowRule', {
  needs(_request, want, instanceId) {
    want.ruleSet(instanceId)
    want.objectTypes(instanceId)
  },

  decide(request, view, ctx) {
    const ruleId = request.parameters.ruleId ?? ''
    const body = bodyOf('replaceWorkflowRule', request)
    const before = requireRule(view.ruleSet(ctx.instanceId), ruleId)
    const rule = readRule(body, before, view.objectTypes(ctx.instanceId))
    return saveRules(
      request,
      view,
      ctx,
      ({ rules }) => {
        const others = rules.filter(({ id }) => id !== ruleId)
        return withRuleAt(others, rule, body.position ?? rules.indexOf(before) + 1)
      },
      (set) => presentRule(set, ruleId),
    )
  },
})
