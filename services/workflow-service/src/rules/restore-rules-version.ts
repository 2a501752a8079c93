import { Fault } from '@user-provisioning/contracts/errors'
import { operation } from '../operation.ts'
import { presentRules } from './present-rules.ts'
import { faultsOf } from './read-rule.ts'
import { saveRules } from './save-rules.ts'
import { defaultRuleSet } from './workflow-rule.ts'

/** Makes a new version that has the rules of an old one, as far as they are still acceptable: all of them, or none. */
export const restoreRulesVersion = operation('restoreRulesVersion', {
  needs(request, want, instanceId) {
    want.ruleSet(instanceId)
    want.objectTypes(instanceId)
    want.rulesVersion(instanceId, Number(request.parameters.rulesVersion))
  },

  decide(request, view, ctx) {
    const version = Number(request.parameters.rulesVersion)
    const rules =
      version === defaultRuleSet.version ? defaultRuleSet.rules : view.rulesVersion(ctx.instanceId, version)?.rules
    if (rules === undefined) throw new Fault('not-found', { type: 'rules version' })
    const types = view.objectTypes(ctx.instanceId)
    const items = rules.flatMap((rule, n) => faultsOf(rule, types, `/rules/${n}`))
    if (items.length > 0) throw new Fault('validation-failed', { n: String(items.length) }, { items })
    return saveRules(
      request,
      view,
      ctx,
      () => rules,
      (set) => presentRules(set, ctx.now),
      version,
    )
  },
})
