import type { WorkflowFact } from '@user-provisioning/contracts/engine-facts'
import { newId } from '@user-provisioning/contracts/ids'
import { fold } from '@user-provisioning/scim/fold'
import { type StoredObject, withMatches } from '../objects/object.ts'
import type { Lookup, ObjectBook } from '../objects/object-book.ts'
import { evaluateCondition } from './condition.ts'
import { CannotCreate, type Found, ruleName, type Surroundings, warningOf } from './run-rules.ts'
import { userGroup, type WorkflowRule } from './workflow-rule.ts'

/** The objects that rules created on the way, to be stored and told of. */
export interface CreatedObject {
  readonly object: StoredObject
  readonly rule: WorkflowRule
}

const longestName = 256
const longestCode = 64

/**
 * What rules find in the book of an instance.
 * @param created what they create is added to it, and to the book; null: they only look, and what they would create has no id
 */
export function surroundingsOf(
  instanceId: string,
  book: ObjectBook,
  created: CreatedObject[] | null,
  now: Date,
): Surroundings {
  const lookupOf = (rule: WorkflowRule, value: string): Lookup => ({
    instanceId,
    type: rule.objectType,
    by: rule.matchBy,
    value,
  })

  return {
    holds: evaluateCondition,

    find(rule, value) {
      if (rule.objectType === userGroup) return findGroup(rule, value, book.findGroups(lookupOf(rule, value)))
      const object = book.findObject(lookupOf(rule, value))
      if (object === undefined || !(rule.ignoreCase || isExactly(rule, value, object))) return undefined
      return { id: object._id, name: object.name }
    },

    create(rule, value) {
      const name = value.trim()
      if (name.length > longestName) throw new CannotCreate(`its name would have over ${longestName} characters`)
      if (rule.matchBy === 'code' && name.length > longestCode) {
        throw new CannotCreate(`its code would have over ${longestCode} characters`)
      }
      const alike = book.findObject({ ...lookupOf(rule, value), by: 'name' })
      if (alike) throw new CannotCreate(`there is ${alike.name} already`)
      const object = withMatches({
        _id: newId(),
        instanceId,
        type: rule.objectType,
        name,
        code: rule.matchBy === 'code' ? name : null,
        aliases: [],
        version: 1,
        createdAt: now,
        changedAt: now,
      })
      if (!created) return { id: '', name }
      book.putObject(object._id, object)
      created.push({ object, rule })
      return { id: object._id, name }
    },
  }
}

/** What `runRules` will look for over these fields, as far as it can be told beforehand. */
export function lookupsOf(
  instanceId: string,
  rules: readonly WorkflowRule[],
  fields: Readonly<Record<string, string | null>>,
): Lookup[] {
  return rules.flatMap((rule): Lookup[] => {
    const value = fields[rule.field]
    if (!value || rule.state === 'paused') return []
    const lookup = { instanceId, type: rule.objectType, by: rule.matchBy, value }
    return rule.ifNone === 'create' && rule.matchBy === 'code' ? [lookup, { ...lookup, by: 'name' }] : [lookup]
  })
}

function isExactly(rule: WorkflowRule, value: string, object: StoredObject): boolean {
  return rule.matchBy === 'code' ? object.code === value : object.name === value || object.aliases.includes(value)
}

function findGroup(
  rule: WorkflowRule,
  value: string,
  groups: readonly { readonly _id: string; readonly name: string; readonly managed: boolean }[],
): Found | undefined {
  const fits = groups.filter(({ name }) => rule.ignoreCase || name === value)
  // Two names may differ in spaces alone.
  const group =
    fits.find(({ name }) => fold(name) === fold(value)) ?? fits.toSorted((a, b) => (a._id < b._id ? -1 : 1))[0]
  if (group?.managed) {
    return { refused: warningOf('managed-by-idp', rule.field, { name: group.name, member: 'its membership' }) }
  }
  return group && { id: group._id, name: group.name }
}

/** What is told of an object that a rule created. */
export function createdFact(
  { object, rule }: CreatedObject,
  id: string,
  correlationId: string,
): Extract<WorkflowFact, { type: 'ObjectCreated' }> {
  return {
    type: 'ObjectCreated',
    id,
    instanceId: object.instanceId,
    entityId: object._id,
    at: object.createdAt.toISOString(),
    correlationId,
    objectType: object.type,
    name: object.name,
    actor: { type: 'rule', id: rule.id, name: `Workflow rule ${ruleName(rule)}` },
  }
}
