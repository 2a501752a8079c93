import { ScimError } from './errors.ts'
import { equalJson, isJsonObject, type JsonObject, member } from './json.ts'
import type { AttributeDeclaration, ResourceType } from './schema.ts'

/**
 * Refuses a change of what can only be set once (RFC 7643 section 2.2 `immutable`, RFC 7644 sections 3.5.1 and 3.5.2): an
 * attribute, or a part of a complex one, that has a value keeps it. Values of multi-valued attributes come and go.
 * @throws ScimError attribute-read-only
 */
export function requireImmutableKept(before: JsonObject, after: JsonObject, type: ResourceType): void {
  requireKept(before, after, type.schema.attributes, '')
  for (const { id, attributes } of type.extensions) requireKept(before[id], after[id], attributes, `${id}:`)
}

function requireKept(
  before: JsonObject[string] | undefined,
  after: JsonObject[string] | undefined,
  attributes: readonly AttributeDeclaration[],
  prefix: string,
): void {
  if (!isJsonObject(before)) return
  for (const { name, mutability, multiValued, subAttributes } of attributes) {
    const old = member(before, name)
    if (old === undefined) continue
    const now = member(after, name)
    if (mutability === 'immutable' && !equalJson(old, now)) {
      throw new ScimError('attribute-read-only', { attribute: `${prefix}${name}` })
    }
    if (!multiValued && subAttributes !== undefined) requireKept(old, now, subAttributes, `${prefix}${name}.`)
  }
}
