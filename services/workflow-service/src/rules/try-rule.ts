import type { AdminAnswer, AdminBody } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { typeName } from '../objects/object.ts'
import { NotRead, type ObjectBook } from '../objects/object-book.ts'
import { ruleUserOf } from '../users/user-copy.ts'
import { readWanted } from '../workflow-view.ts'
import { requireRule } from './present-rules.ts'
import { readRule } from './read-rule.ts'
import { type RuleOutcome, type RuleRun, runRules } from './run-rules.ts'
import { withRuleAt } from './save-rules.ts'
import { lookupsOf, surroundingsOf } from './surroundings.ts'
import type { WorkflowRule } from './workflow-rule.ts'

type Tried = AdminAnswer<'tryWorkflowRule'>

/** An unsaved rule has no id yet. */
const unsavedId = 'unsaved'

/**
 * What a rule, saved or not, would do for a user, and why; nothing comes of it. With `fields` those change to these values, and
 * all rules run as they would then; without, the rule alone is run as if the user had just come, as a run for everyone does.
 * @throws Fault not-found, validation-failed
 */
export async function tryRule(
  mongo: Mongo,
  instanceId: string,
  body: AdminBody<'tryWorkflowRule'>,
  now: Date,
): Promise<Tried> {
  const { userId, fields } = body
  const view = await readWanted(mongo, (want) => {
    want.user(instanceId, userId)
    want.ruleSet(instanceId)
    want.objectTypes(instanceId)
  })
  const copy = view.copies.get(userId)
  if (!copy || copy.deleted) throw new Fault('not-found', { type: 'user' })
  const set = view.ruleSet(instanceId)
  const saved = body.ruleId === undefined ? undefined : requireRule(set, body.ruleId)
  const known = { id: saved?.id ?? unsavedId, state: 'active' as const, reason: null }
  const rule: WorkflowRule = body.rule
    ? readRule(body.rule, known, view.objectTypes(instanceId), '/rule')
    : { ...(saved as WorkflowRule), ...known }
  const rules = saved
    ? set.rules.map((each) => (each === saved ? rule : each))
    : withRuleAt(set.rules, rule, body.rule?.position)

  const before = ruleUserOf(copy)
  const after = { ...before, fields: { ...before.fields, ...fields } }
  await view.book.read(lookupsOf(instanceId, rules, after.fields), [])
  const around = surroundingsOf(instanceId, view.book, null, now)
  const change = fields ? { before, after } : { before, after, again: new Set([rule.id]) }
  const run = await untilRead(view.book, () => runRules(rules, change, around))
  const others = [...run.ran].filter(([each]) => each !== rule)
  return {
    ...presentOutcome(rule, run.ran.get(rule)),
    userId,
    rulesVersion: set.version,
    others: others.map(([each, outcome]) => presentOutcome(each, outcome)),
    links: { before: [...before.links], after: [...run.links] },
    warnings: [...run.warnings],
  }
}

/** @param outcome undefined: the rule does not run, since what it listens to does not change */
function presentOutcome(
  { id: ruleId, objectType: type, ifNone, field }: WorkflowRule,
  outcome: RuleOutcome | undefined,
): Tried['others'][number] {
  if (!outcome) {
    const why = `${field} does not change.`
    return { ruleId, value: null, condition: null, matched: false, object: null, changed: false, why }
  }
  const { value, condition, object, changed, warning } = outcome
  return {
    ruleId,
    value,
    condition,
    matched: object !== null,
    object: object && { id: object.id || null, type, name: object.name },
    changed,
    why: whyOf({ value, condition, object, warning, ifNone, type }),
  }
}

function whyOf({
  value,
  condition,
  object,
  warning,
  ifNone,
  type,
}: Pick<RuleOutcome, 'value' | 'condition' | 'object' | 'warning'> & {
  readonly ifNone: WorkflowRule['ifNone']
  readonly type: string
}): string {
  if (warning) return warning.detail
  if (condition === false) return 'The condition is false.'
  if (value === null) return 'The field has no value: there is nothing to link to.'
  const noun = typeName(type)
  if (object)
    return object.id === ''
      ? `There is no ${noun} ${value}: it would be created.`
      : `${value} names ${noun} ${object.name}.`
  return `There is no ${noun} ${value}: ${ifNone === 'keep' ? 'the link stays as it is' : 'no link is made'}.`
}

/** Runs again for as long as something was looked for that nobody had read. */
async function untilRead(book: ObjectBook, run: () => RuleRun): Promise<RuleRun> {
  for (;;) {
    try {
      return run()
    } catch (err) {
      if (!(err instanceof NotRead)) throw err
      await book.read([err.lookup], [])
    }
  }
}
