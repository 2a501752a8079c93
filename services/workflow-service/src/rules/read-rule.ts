import type { AdminBody } from '@user-provisioning/contracts/admin-requests'
import { Fault, faultOf, type ItemFault } from '@user-provisioning/contracts/errors'
import type { ObjectType } from '../object-types/object-type.ts'
import { readCondition } from './condition.ts'
import { listenedType, userGroup, type WorkflowRule } from './workflow-rule.ts'

/**
 * The rule that an admin asks for, found acceptable: its types are the instance's, its condition can be read, and a rule for
 * groups neither creates them nor looks for a code, which they have not.
 * @param at where the rule stands in the body, for the pointers of its faults
 * @throws Fault validation-failed with all faults at once
 */
export function readRule(
  body: AdminBody<'createWorkflowRule'>,
  known: Pick<WorkflowRule, 'id' | 'state' | 'reason'>,
  types: readonly ObjectType[],
  at = '',
): WorkflowRule {
  const { position: _, ...members } = body
  const rule: WorkflowRule = { ...known, ...members }
  const items = faultsOf(rule, types, at)
  if (items.length > 0) throw new Fault('validation-failed', { n: String(items.length) }, { items })
  return rule
}

/** What is not acceptable about a rule. */
export function faultsOf(rule: WorkflowRule, types: readonly ObjectType[], at = ''): ItemFault[] {
  const { condition, objectType, matchBy, ifNone } = rule
  const items: ItemFault[] = []
  const refuse = (member: string, detail: string, allowed?: string[]) =>
    void items.push({ pointer: `${at}/${member}`, code: 'not-allowed-value', detail, ...(allowed ? { allowed } : {}) })
  const names = types.map(({ name }) => name)
  const listened = listenedType(rule)

  if (!names.includes(objectType)) refuse('objectType', `${objectType} is no type of objects here.`, names)
  if (listened !== undefined && !names.includes(listened)) {
    refuse(
      'field',
      `${listened} is no type of objects here.`,
      names.map((name) => `links.${name}`),
    )
  }
  if (listened === objectType) refuse('field', 'A rule does not listen to links of the type that it makes.')
  if (objectType === userGroup && matchBy !== 'name') refuse('matchBy', 'Groups have no code.', ['name'])
  if (objectType === userGroup && ifNone === 'create') {
    refuse('ifNone', 'Rules do not create groups.', ['keep', 'clear', 'report'])
  }
  if (condition !== null) {
    try {
      readCondition(condition)
    } catch (err) {
      const fault = faultOf(err)
      if (fault === undefined) throw err
      const { position = '1', why = '' } = fault.slots
      const detail = `Wrong at ${position}: ${why}.`
      items.push({ pointer: `${at}/condition`, code: fault.code, detail, position: Number(position) })
    }
  }
  return items
}
