import type { CompareOperator, Filter } from './filter-parser.ts'
import { fold } from './fold.ts'
import { compareInstants, instantOf } from './instant.ts'
import { isJsonObject, type JsonObject, type JsonValue, member } from './json.ts'
import type { AttributeDeclaration, AttributePath } from './schema.ts'

/**
 * Whether a resource, as a client would read it, meets the filter (RFC 7644 section 3.4.2.2). Of a multi-valued attribute
 * any value may; `ne` and `not` hold for what is absent.
 */
export function matches(filter: Filter, resource: JsonObject): boolean {
  return matcher(filter)(resource)
}

/** A filter made ready for many resources, or for many values of an attribute. */
export type Matcher = (resource: JsonObject) => boolean

/** Prepares a filter: what does not depend on the resource is done once. */
export function matcher(filter: Filter): Matcher {
  switch (filter.kind) {
    case 'and': {
      const parts = filter.filters.map(matcher)
      return (resource) => parts.every((part) => part(resource))
    }
    case 'or': {
      const parts = filter.filters.map(matcher)
      return (resource) => parts.some((part) => part(resource))
    }
    case 'not': {
      const part = matcher(filter.filter)
      return (resource) => !part(resource)
    }
    case 'valuePath': {
      const { path } = filter
      const part = matcher(filter.filter)
      return (resource) => {
        const values = member(container(resource, path), path.attribute.name)
        return Array.isArray(values) && values.some((value) => isJsonObject(value) && part(value))
      }
    }
    case 'present': {
      const { path } = filter
      return (resource) => valuesOf(resource, path).some(isPresent)
    }
    case 'compare':
      return comparison(filter)
  }
}

function container(resource: JsonObject, path: AttributePath): JsonValue | undefined {
  return path.schema === null ? resource : member(resource, path.schema)
}

function comparison({ path, operator, value }: Extract<Filter, { kind: 'compare' }>): Matcher {
  const leaf = path.subAttribute ?? path.attribute
  if (operator !== 'ne') {
    const holds = valueTest(operator, value, leaf)
    return (resource) => valuesOf(resource, path).some(holds)
  }
  const isEqual = valueTest('eq', value, leaf)
  // An extension without a schema does not say whether an attribute has many values: no value may be equal.
  return path.declared
    ? (resource) => valuesOf(resource, path).some((item) => !isEqual(item))
    : (resource) => !valuesOf(resource, path).some(isEqual)
}

/**
 * The values at a path: one, perhaps undefined, of a single-valued attribute; one per element of a multi-valued one, which
 * what no schema declares is if it has a list.
 */
function valuesOf(resource: JsonObject, path: AttributePath): (JsonValue | undefined)[] {
  const value = member(container(resource, path), path.attribute.name)
  const sub = path.subAttribute?.name
  if (!path.declared) {
    const elements = elementsOf(value)
    return sub === undefined ? elements : elements.flatMap((item) => elementsOf(member(item, sub)))
  }
  const elements = path.attribute.multiValued ? (Array.isArray(value) ? value : []) : [value]
  return sub === undefined ? elements : elements.map((item) => member(item, sub))
}

const elementsOf = (value: JsonValue | undefined) => (Array.isArray(value) ? value : [value])

function isPresent(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '') return false
  if (Array.isArray(value)) return value.length > 0
  return !isJsonObject(value) || Object.keys(value).length > 0
}

/** Whether a value stands in the relation to `right`, as values of the attribute's type are compared. */
function valueTest(
  operator: CompareOperator,
  right: string | number | boolean,
  leaf: AttributeDeclaration,
): (left: JsonValue | undefined) => boolean {
  if (leaf.type === 'dateTime') {
    const two = instantOf(String(right))
    return (left) => {
      const one = typeof left === 'string' ? instantOf(left) : undefined
      return one !== undefined && two !== undefined && inOrder(compareInstants(one, two), operator)
    }
  }
  if (typeof right === 'string') {
    const two = leaf.caseExact ? right : fold(right)
    return (left) => typeof left === 'string' && holdsForText(leaf.caseExact ? left : fold(left), operator, two)
  }
  if (typeof right === 'number') return (left) => typeof left === 'number' && inOrder(left - right, operator)
  return (left) => left === right
}

function holdsForText(left: string, operator: CompareOperator, right: string): boolean {
  switch (operator) {
    case 'eq':
      return left === right
    case 'co':
      return left.includes(right)
    case 'sw':
      return left.startsWith(right)
    case 'ew':
      return left.endsWith(right)
    default:
      return inOrder(compareTexts(left, right), operator)
  }
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
    default:
      return difference <= 0
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
