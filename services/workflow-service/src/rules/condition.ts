import { compile, type Expression } from '@user-provisioning/expressions/expression'
import type { JsonObject } from '@user-provisioning/scim/json'
import type { HeldLink, RuleUser } from './run-rules.ts'

const members = ['fields', 'links', 'state', 'userName', 'managed'] as const
const mostCompiled = 1_000
const compiled = new Map<string, Expression>()

/**
 * Reads the condition of a rule: CEL over the user `before` and `after` (PRODUCT.md 5.1).
 * @throws Fault expression-invalid
 */
export function readCondition(text: string): Expression {
  const known = compiled.get(text)
  if (known) return known
  const expression = compile(text, { before: members, after: members })
  if (compiled.size >= mostCompiled) compiled.delete(compiled.keys().next().value ?? '')
  compiled.set(text, expression)
  return expression
}

/**
 * Whether a condition holds for a change of a user. What is not there is null, and a comparison with null is false.
 * @throws Error with the reason why that cannot be told
 */
export function evaluateCondition(text: string, before: RuleUser, after: RuleUser): boolean {
  const value = readCondition(text).evaluate({ before: asSeen(before), after: asSeen(after) })
  if (value === null) return false
  if (typeof value !== 'boolean') throw new Error('its condition does not give true or false')
  return value
}

/** `links` by object type: the names of the objects that the user is linked to. */
function asSeen({ fields, links, state, userName, managed }: RuleUser): JsonObject {
  const byType = Object.entries(Object.groupBy(links, ({ objectType }: HeldLink) => objectType))
  const names = byType.map(([type, ofType = []]) => [type, ofType.map(({ objectName }) => objectName)])
  return { fields: { ...fields }, links: Object.fromEntries(names), state, userName, managed }
}
