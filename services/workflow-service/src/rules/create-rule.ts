import { Fault } from '@user-provisioning/contracts/errors'
import { bodyOf, operation } from '../operation.ts'
import { presentRule } from './present-rules.ts'
import { readRule } from './read-rule.ts'
import { saveRules, withRuleAt } from './save-rules.ts'

const mostRules = 50

/** Adds a rule. It runs for what changes from now on; for everyone else it is run by a job. */
export const createRule = operation('createWorkflowRule', {
  needs(_request, want, instanceId) {
    want.ruleSet(instanceId)
    want.objectTypes(instanceId)
  },

  decide(request, view, ctx) {
    const body = bodyOf('createWorkflowRule', request)
    const { instanceId, entityId: id } = ctx
    const rule = readRule(body, { id, state: 'active', reason: null }, view.objectTypes(instanceId))
    return saveRules(
      request,
      view,
      ctx,
      ({ rules }) => {
        if (rules.length >= mostRules) {
          const detail = `An instance has ${mostRules} rules at most.`
          throw new Fault('validation-failed', { n: '1' }, { items: [{ pointer: '', code: 'out-of-range', detail }] })
        }
        return withRuleAt(rules, rule, body.position)
      },
      (set) => presentRule(set, id),
    )
  },
})
