import { ScimError } from './errors.ts'
import { type FilterToken, filterTokens, type Refuse } from './filter-tokens.ts'
import { instantOf } from './instant.ts'
import { Findings, noteShortName } from './quirks.ts'
import {
  type AttributeDeclaration,
  type AttributePath,
  findAttribute,
  isAttributeName,
  printAttributePath,
  type ResourceType,
  resolveAttribute,
  undeclaredAttribute,
} from './schema.ts'

export type CompareOperator = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le'

/**
 * A filter as a tree. Paths are in the schema's spelling and lead to a simple value: `manager eq "x"` is read as
 * `manager.value eq "x"`, `eq null` as `not (… pr)`. Values have the attribute's type.
 */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'present'; readonly path: AttributePath }
  | {
      readonly kind: 'compare'
      readonly path: AttributePath
      readonly operator: CompareOperator
      readonly value: string | number | boolean
    }
  /** One and the same value of the multi-valued `path` meets `filter`, whose paths start at that value. */
  | { readonly kind: 'valuePath'; readonly path: AttributePath; readonly filter: Filter }

/** Deepest nesting of parentheses, `not` and brackets. */
const maxFilterDepth = 50

const operators: ReadonlySet<string> = new Set<CompareOperator>(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'])
const textOperators: ReadonlySet<string> = new Set<CompareOperator>(['co', 'sw', 'ew'])
const number = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** What names mean at a place of the filter: the whole resource, or one value of an attribute. */
export interface FilterScope {
  resolve(name: string): AttributePath | undefined
}

/** The scope of a whole resource. */
function resourceScope(type: ResourceType): FilterScope {
  return { resolve: (name) => resolveAttribute(name, type) }
}

/** The scope inside `attribute[…]`: its sub-attributes. */
export function valueScope(path: AttributePath): FilterScope {
  return {
    resolve(name) {
      const attribute = path.declared
        ? findAttribute(path.attribute.subAttributes, name)
        : isAttributeName(name)
          ? undeclaredAttribute(name)
          : undefined
      return attribute && { schema: null, attribute, subAttribute: null, declared: path.declared }
    },
  }
}

/**
 * Parses a filter (RFC 7644 section 3.4.2.2) for resources of `type`. Text without quotes is text where text can stand.
 * @param findings takes note of quirks
 * @throws ScimError filter-invalid with the position (from 1); sensitive-in-url for an attribute that is never returned.
 */
export function parseFilter(text: string, type: ResourceType, findings?: Findings): Filter {
  const refuse: Refuse = (position, why) => {
    throw new ScimError('filter-invalid', { position, why })
  }
  const reader = filterReader(filterTokens(text, refuse), refuse, findings)
  const filter = reader.readFilter(resourceScope(type))
  reader.expectEnd()
  return filter
}

/** Reads filters out of a list of tokens; the PATCH path reader uses it for what stands in brackets. */
export function filterReader(tokens: readonly FilterToken[], refuse: Refuse, findings = new Findings()) {
  let at = 0
  let depth = 0

  const peek = (): FilterToken => tokens[at] ?? { kind: 'end', position: 1 }
  const next = (): FilterToken => {
    const token = peek()
    at += 1
    return token
  }
  const isWord = (text: string): boolean => {
    const token = peek()
    return token.kind === 'word' && token.text.toLowerCase() === text
  }
  const expect = (kind: FilterToken['kind'], name: string): void => {
    const token = next()
    if (token.kind !== kind) refuse(token.position, `${name} is missing`)
  }

  function nested(position: number, read: () => Filter): Filter {
    depth += 1
    if (depth > maxFilterDepth) refuse(position, `it is nested deeper than ${maxFilterDepth}`)
    const filter = read()
    depth -= 1
    return filter
  }

  function readList(kind: 'and' | 'or', read: () => Filter): Filter {
    const filters = [read()]
    while (isWord(kind)) {
      next()
      filters.push(read())
    }
    const [only] = filters
    return filters.length === 1 && only !== undefined ? only : { kind, filters }
  }

  const readFilter = (scope: FilterScope): Filter => readList('or', () => readList('and', () => readTerm(scope)))

  function readTerm(scope: FilterScope): Filter {
    const token = next()
    if (token.kind === '(') {
      return nested(token.position, () => {
        const filter = readFilter(scope)
        expect(')', 'a closing parenthesis')
        return filter
      })
    }
    if (token.kind !== 'word') return refuse(token.position, 'an attribute is missing')
    if (token.text.toLowerCase() === 'not' && peek().kind === '(') {
      const { position } = next()
      return nested(position, () => {
        const filter = readFilter(scope)
        expect(')', 'a closing parenthesis')
        return { kind: 'not', filter }
      })
    }
    const path = scope.resolve(token.text)
    if (path === undefined) return refuse(token.position, `there is no attribute ${token.text}`)
    if (path.attribute.returned === 'never') {
      throw new ScimError('sensitive-in-url', { attribute: printAttributePath(path) })
    }
    noteShortName(path, token.text, findings)
    if (peek().kind === '[') return readValuePath(path, next().position)
    return readComparison(path)
  }

  function readValuePath(path: AttributePath, position: number): Filter {
    if (path.subAttribute !== null || (path.declared && path.attribute.type !== 'complex')) {
      refuse(position, `${printAttributePath(path)} has no parts to choose by`)
    }
    const inner = nested(position, () => {
      const filter = readFilter(valueScope(path))
      expect(']', 'a closing bracket')
      return filter
    })
    const sub = peek()
    if (sub.kind !== 'sub') return valuePath(path, inner)
    next()
    const subPath = valueScope(path).resolve(sub.text)
    if (subPath === undefined) return refuse(sub.position, `there is no attribute ${sub.text}`)
    const comparison = readComparison(subPath)
    return valuePath(path, { kind: 'and', filters: [inner, comparison] })
  }

  function readComparison(path: AttributePath): Filter {
    const token = next()
    const name = token.kind === 'word' ? token.text.toLowerCase() : ''
    if (name === 'pr') return { kind: 'present', path }
    if (!operators.has(name)) {
      return refuse(
        token.position,
        token.kind === 'word' ? `there is no operator ${token.text}` : 'an operator is missing',
      )
    }
    const literal = next()
    if (literal.kind !== 'string' && literal.kind !== 'word') return refuse(literal.position, 'a value is missing')
    return comparison(path, name as CompareOperator, literal, refuse, findings)
  }

  return {
    readFilter,
    peek,
    next,
    expect,
    expectEnd(): void {
      const token = peek()
      if (token.kind !== 'end') refuse(token.position, 'nothing more can stand here')
    },
  }
}

/** On a single-valued complex attribute a value path only chooses among its parts. */
function valuePath(path: AttributePath, filter: Filter): Filter {
  if (!path.declared || path.attribute.multiValued) return { kind: 'valuePath', path, filter }
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { kind: filter.kind, filters: filter.filters.map((item) => valuePath(path, item)) }
    case 'not':
      return { kind: 'not', filter: valuePath(path, filter.filter) }
    case 'valuePath':
      return filter
    case 'present':
    case 'compare':
      return { ...filter, path: { ...path, subAttribute: filter.path.attribute } }
  }
}

function comparison(
  written: AttributePath,
  operator: CompareOperator,
  literal: { kind: 'string' | 'word'; text: string; position: number },
  refuse: Refuse,
  findings: Findings,
): Filter {
  const bare = literal.kind === 'word' ? literal.text.toLowerCase() : undefined
  if (bare === 'null') {
    if (operator !== 'eq' && operator !== 'ne') refuse(literal.position, `null cannot be compared by ${operator}`)
    const present: Filter = { kind: 'present', path: written }
    return operator === 'eq' ? { kind: 'not', filter: present } : present
  }
  const path = simplePath(written)
  if (path === undefined)
    return refuse(literal.position, `${printAttributePath(written)} has no value to compare; name one of its parts`)
  if (path !== written && !written.attribute.multiValued) findings.bend('complex-compared')
  const leaf = path.subAttribute ?? path.attribute
  const value = literalValue(literal, bare, path.declared ? leaf : undefined, refuse, findings)
  const result = path.declared ? typedValue(value, leaf, operator) : value
  if (result === undefined) {
    return refuse(literal.position, `${printAttributePath(path)} ${operator} takes ${expectation(leaf, operator)}`)
  }
  if (typeof result !== typeof value) findings.bend('string-boolean')
  if (typeof result === 'boolean' && operator !== 'eq' && operator !== 'ne') {
    refuse(literal.position, `a boolean cannot be compared by ${operator}`)
  }
  if (typeof result === 'number' && textOperators.has(operator)) {
    refuse(literal.position, `a number cannot be compared by ${operator}`)
  }
  return { kind: 'compare', path, operator, value: result }
}

function simplePath(path: AttributePath): AttributePath | undefined {
  if ((path.subAttribute ?? path.attribute).type !== 'complex') return path
  const subAttribute = findAttribute(path.attribute.subAttributes, 'value')
  return subAttribute && { ...path, subAttribute }
}

const textTypes: ReadonlySet<string> = new Set<AttributeDeclaration['type']>([
  'string',
  'reference',
  'dateTime',
  'binary',
])

/** @param leaf what it is compared with; undefined: of a type that nobody knows */
function literalValue(
  literal: { text: string; position: number },
  bare: string | undefined,
  leaf: AttributeDeclaration | undefined,
  refuse: Refuse,
  findings: Findings,
): string | number | boolean {
  if (bare === undefined) return literal.text
  if (bare === 'true' || bare === 'false') return bare === 'true'
  const isNumber = number.test(literal.text)
  if (leaf === undefined ? !isNumber : textTypes.has(leaf.type)) {
    findings.bend('unquoted-filter-value')
    return literal.text
  }
  if (!isNumber) return refuse(literal.position, 'a text value must stand in double quotes')
  const value = Number(literal.text)
  if (!Number.isFinite(value)) return refuse(literal.position, 'the number is too large')
  return value
}

/** The value in the attribute's type; undefined when it cannot be one. */
function typedValue(
  value: string | number | boolean,
  leaf: AttributeDeclaration,
  operator: CompareOperator,
): string | number | boolean | undefined {
  switch (leaf.type) {
    case 'boolean': {
      // Entra quotes booleans: roles[primary eq "True"].
      const lower = typeof value === 'string' ? value.toLowerCase() : value
      if (lower === 'true' || lower === true) return true
      return lower === 'false' || lower === false ? false : undefined
    }
    case 'integer':
    case 'decimal':
      return typeof value === 'number' ? value : undefined
    case 'dateTime':
      if (textOperators.has(operator)) return undefined
      return typeof value === 'string' && instantOf(value) !== undefined ? value : undefined
    case 'binary':
      return typeof value === 'string' && (operator === 'eq' || operator === 'ne') ? value : undefined
    default:
      return typeof value === 'string' ? value : undefined
  }
}

function expectation(leaf: AttributeDeclaration, operator: CompareOperator): string {
  if (leaf.type === 'boolean') return 'true or false'
  if (leaf.type === 'integer' || leaf.type === 'decimal') return 'a number'
  if (leaf.type === 'dateTime')
    return textOperators.has(operator) ? 'no dates' : 'a date and time such as "2026-11-02T09:30:00Z"'
  if (leaf.type === 'binary') return 'no order'
  return 'a text in double quotes'
}
