import { type CompareOperator, type Filter, instantOf } from './filter-parser.ts'
import { fold } from './fold.ts'
import { isJsonObject, type JsonObject, type JsonValue, member } from './json.ts'
import type { AttributeDeclaration, AttributePath } from './schema.ts'

/**
 * Whether a resource, as a client would read it, meets the filter (RFC 7644 section 3.4.2.2). Of a multi-valued attribute
 * any value may; `ne` and `not` hold for what is absent.
 */
export function matches(filter: Filter, resource: JsonObject): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((item) => matches(item, resource))
    case 'or':
      return filter.filters.some((item) => matches(item, resource))
    case 'not':
      return !matches(filter.filter, resource)
    case 'valuePath': {
      const values = member(container(resource, filter.path), filter.path.attribute.name)
      return Array.isArray(values) && values.some((value) => isJsonObject(value) && matches(filter.filter, value))
    }
    case 'present': {
      const values = valuesOf(resource, filter.path)
      return filter.path.declared ? values.some(isPresent) : values.every(isPresent)
    }
    case 'compare':
      return compare(filter, resource)
  }
}

function container(resource: JsonObject, path: AttributePath): JsonValue | undefined {
  return path.schema === null ? resource : member(resource, path.schema)
}

function compare(filter: Extract<Filter, { kind: 'compare' }>, resource: JsonObject): boolean {
  const { path, operator, value } = filter
  const leaf = path.subAttribute ?? path.attribute
  const values = valuesOf(resource, path)
  // An extension without a schema does not say whether an attribute has many values: no value may be equal.
  if (!path.declared && operator === 'ne') return !values.some((item) => holds(item, 'eq', value, leaf))
  return values.some((item) => holds(item, operator, value, leaf))
}

/** The values at a path: one, perhaps undefined, of a single-valued attribute; one per element of a multi-valued one. */
function valuesOf(resource: JsonObject, path: AttributePath): (JsonValue | undefined)[] {
  const value = member(container(resource, path), path.attribute.name)
  const sub = path.subAttribute?.name
  if (!path.declared) {
    const first = Array.isArray(value) ? [value, ...value] : [value]
    if (sub === undefined) return first
    return first.flatMap((item) => {
      const inner = member(item, sub)
      return Array.isArray(inner) ? [inner, ...inner] : [inner]
    })
  }
  const elements = path.attribute.multiValued ? (Array.isArray(value) ? value : []) : [value]
  return sub === undefined ? elements : elements.map((item) => member(item, sub))
}

function isPresent(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '') return false
  if (Array.isArray(value)) return value.length > 0
  return !isJsonObject(value) || Object.keys(value).length > 0
}

function holds(
  left: JsonValue | undefined,
  operator: CompareOperator,
  right: string | number | boolean,
  leaf: AttributeDeclaration,
): boolean {
  if (operator === 'ne') return !holds(left, 'eq', right, leaf)
  if (leaf.type === 'dateTime') {
    const one = typeof left === 'string' ? instantOf(left) : undefined
    const two = typeof right === 'string' ? instantOf(right) : undefined
    return one !== undefined && two !== undefined && inOrder(one - two, operator)
  }
  if (typeof left === 'string' && typeof right === 'string') {
    const one = leaf.caseExact ? left : fold(left)
    const two = leaf.caseExact ? right : fold(right)
    if (operator === 'co') return one.includes(two)
    if (operator === 'sw') return one.startsWith(two)
    if (operator === 'ew') return one.endsWith(two)
    return inOrder(compareTexts(one, two), operator)
  }
  if (typeof left === 'number' && typeof right === 'number') return inOrder(left - right, operator)
  return operator === 'eq' && left === right
}

function inOrder(difference: number, operator: CompareOperator): boolean {
  switch (operator) {
    case 'eq':
      return difference === 0
    case 'gt':
      return difference > 0
    case 'ge':
      return difference >= 0
    case 'lt':
      return difference < 0
    case 'le':
      return difference <= 0
    default:
      return false
  }
}

/** Orders texts by code point, as MongoDB does; `<` would order by UTF-16 unit. */
export function compareTexts(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; ) {
    const one = left.codePointAt(at) ?? 0
    const two = right.codePointAt(at) ?? 0
    if (one !== two) return one - two
    at += one > 0xffff ? 2 : 1
  }
  return left.length - right.length
}
