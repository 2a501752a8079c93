import { ScimError } from './errors.ts'
import { matcher } from './filter-match.ts'
import type { Filter } from './filter-parser.ts'
import { requireImmutableKept } from './immutable.ts'
import {
  copyJson,
  equalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  member,
  memberInAnyCase,
  memberName,
} from './json.ts'
import { type PatchPath, parsePath, printPath } from './path-parser.ts'
import { Findings, type Quirk } from './quirks.ts'
import {
  checkCount,
  checkPrimary,
  invalid,
  isNone,
  noteSchemas,
  readAttribute,
  readElement,
  requireAll,
  requireValue,
  unwrapped,
  withReferenced,
} from './resource.ts'
import {
  type AttributePath,
  isAttributeName,
  printAttributePath,
  type ResourceType,
  resolveSchema,
  undeclaredAttribute,
} from './schema.ts'

/**
 * One operation of a PATCH in one dialect: it has a path, in the schema's spelling, to one attribute, and its value is as it
 * would be stored. Plain JSON. A null value clears what the path leads to and minds nothing if there is nothing.
 */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path: string
  readonly value?: JsonValue
}

/** Most operations of one PATCH, those on members aside: what they cost together must not stop the process. */
const maxOperations = 2000

/** Most characters of all paths with a filter, those on members aside: each filter may have to look at every value. */
const maxFilterLength = 100_000

export interface ParsedPatch {
  readonly operations: readonly PatchOperation[]
  /** Attributes that were sent and that no schema has, as written. */
  readonly dropped: readonly string[]
  /** What was bent for, each once. */
  readonly quirks: readonly Quirk[]
}

const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:patchop'

/**
 * Reads the body of a PATCH (RFC 7644 section 3.5.2) in any of the dialects that clients speak: names and operations in any
 * case, values without a path by attribute, dotted name or URN, booleans as text, a scalar in an array, null or "" to clear.
 * Unknown members of an operation and of the body are ignored, `schemas` too.
 * @throws ScimError body-not-json, value-invalid, attribute-required, attribute-read-only, path-invalid, path-no-target
 */
export function parsePatch(body: JsonValue, type: ResourceType): ParsedPatch {
  if (!isJsonObject(body)) throw new ScimError('body-not-json', { where: 'it is not an object' })
  const list = memberInAnyCase(body, 'Operations')
  if (!Array.isArray(list)) throw invalid('Operations', list ?? null, 'a list of operations')
  const operations: PatchOperation[] = []
  const findings = new Findings()
  noteSchemas(body, findings, (uri) => uri.toLowerCase() === patchSchema)
  for (const item of list) {
    if (!isJsonObject(item)) throw invalid('Operations', item, 'a list of operations')
    readOperation(item, type, operations, findings)
  }
  const others = operations.filter((operation) => !isOnApart(operation, type))
  if (others.length > maxOperations) {
    throw invalid('Operations', `a list of ${others.length}`, `a list of at most ${maxOperations}`)
  }
  const filtered = others.reduce((sum, { path }) => (path.includes('[') ? sum + path.length : sum), 0)
  if (filtered > maxFilterLength) {
    throw invalid('Operations', `${filtered} characters of filters in paths`, `at most ${maxFilterLength} of them`)
  }
  return { operations, dropped: findings.dropped, quirks: findings.quirks }
}

function isOnApart(operation: PatchOperation, type: ResourceType): boolean {
  return type.schema.attributes.some(({ apart, name }) => apart && operation.path.startsWith(name))
}

function readOperation(item: JsonObject, type: ResourceType, operations: PatchOperation[], findings: Findings): void {
  const op = readOp(memberInAnyCase(item, 'op'), findings)
  const path = memberInAnyCase(item, 'path')
  const value = memberInAnyCase(item, 'value')
  if (!Object.keys(item).every((name) => operationMembers.has(name.toLowerCase()))) {
    findings.bend('unknown-operation-member')
  }
  if (path !== undefined && path !== null && typeof path !== 'string') throw invalid('path', path, 'a text')
  if (op !== 'remove' && value === undefined) throw invalid('value', 'nothing', `something to ${op}`)
  if (typeof path === 'string' && path.trim() !== '') {
    readTarget(op, parsePath(path, type, findings), value, type, operations, findings, 'path')
    return
  }
  if (op === 'remove') throw new ScimError('path-no-target', { path: '(none)' })
  if (!isJsonObject(value)) throw invalid('value', value ?? null, 'an object of attributes, as there is no path')
  readAttributes(op, value, type, operations, findings)
}

const operationMembers: ReadonlySet<string> = new Set(['op', 'path', 'value'])

function readOp(value: JsonValue | undefined, findings: Findings): PatchOperation['op'] {
  const op = typeof value === 'string' ? value.toLowerCase() : undefined
  if (op !== value) findings.bend('op-name-case')
  if (op === 'add' || op === 'replace' || op === 'remove') return op
  throw invalid('op', value ?? null, 'add, replace or remove')
}

/** The value of an operation without a path: one operation per member. */
function readAttributes(
  op: 'add' | 'replace',
  value: JsonObject,
  type: ResourceType,
  operations: PatchOperation[],
  findings: Findings,
): void {
  for (const [name, item] of Object.entries(value)) {
    const owner = name.includes(':') && isJsonObject(item) ? resolveSchema(name, type) : undefined
    if (owner !== undefined && isJsonObject(item)) {
      if ('core' in owner) readAttributes(op, item, type, operations, findings)
      else readTarget(op, { kind: 'extension', schema: owner.extension }, item, type, operations, findings, 'member')
      continue
    }
    const target = targetNamed(name, type, findings)
    if (target.kind === 'attribute' && !isAttributeName(name)) findings.bend('dotted-path-keys')
    readTarget(op, target, item, type, operations, findings, 'member')
  }
}

/** A member name that is no path at all names no attribute, either. */
function targetNamed(name: string, type: ResourceType, findings: Findings): PatchPath {
  try {
    return parsePath(name, type, findings)
  } catch (err) {
    if (err instanceof ScimError && !name.includes('[')) return { kind: 'unknown', text: name }
    throw err
  }
}

function readTarget(
  op: PatchOperation['op'],
  target: PatchPath,
  value: JsonValue | undefined,
  type: ResourceType,
  operations: PatchOperation[],
  findings: Findings,
  origin: 'path' | 'member',
): void {
  if (target.kind === 'unknown') {
    findings.drop(target.text)
    return
  }
  if (target.kind === 'extension') {
    if (op === 'remove' || isNone(value, findings)) {
      operations.push(op === 'remove' ? { op, path: target.schema } : { op, path: target.schema, value: null })
      return
    }
    if (!isJsonObject(value)) throw invalid(target.schema, value, 'an object')
    for (const [name, item] of Object.entries(value)) {
      if (isAttributeName(name)) {
        readTarget(op, parsePath(`${target.schema}:${name}`, type), item, type, operations, findings, 'member')
      } else findings.drop(`${target.schema}:${name}`)
    }
    return
  }
  const { path, filter } = target
  const leaf = path.subAttribute ?? path.attribute
  if (path.attribute.returned === 'never' || path.attribute.name === 'schemas') return
  if (path.attribute.mutability === 'readOnly' || leaf.mutability === 'readOnly') {
    // Whole resources are sent without a path, read-only members included; a path means it.
    if (origin === 'member') {
      findings.bend('read-only-in-value')
      return
    }
    throw new ScimError('attribute-read-only', { attribute: printAttributePath(path) })
  }
  const text = printPath(target)
  const name = printAttributePath(path)
  // Of a value that is there already; a new one may be given it.
  if (filter !== null && leaf.mutability === 'immutable' && path.subAttribute !== null && op !== 'add') {
    throw new ScimError('attribute-read-only', { attribute: name })
  }
  if (op === 'remove') {
    if (isNeeded(path)) throw new ScimError('attribute-not-removable', { attribute: name })
    const isChoice = path.subAttribute === null && filter === null && (path.attribute.multiValued || !path.declared)
    if (!isChoice || value === undefined || value === null) {
      operations.push({ op, path: text })
      return
    }
    findings.bend('remove-by-value-array')
    const values = path.declared ? readAttribute(path.attribute, value, name, findings) : value
    // An empty list of values removes none of them.
    if (values !== undefined || Array.isArray(value)) operations.push({ op, path: text, value: values ?? [] })
    else operations.push({ op, path: text })
    return
  }
  if (value === undefined) return
  if (!path.declared) {
    operations.push({ op, path: text, value: isNone(value, findings) ? null : value })
    return
  }
  const isElement = path.attribute.type === 'complex' && path.subAttribute === null
  const single = isElement && (filter !== null || !path.attribute.multiValued) ? unwrapped(value, findings) : undefined
  if (filter === null && isJsonObject(single)) {
    for (const [subName, item] of Object.entries(withReferenced(path.attribute, single, findings))) {
      const sub = isAttributeName(subName)
        ? parsePath(`${name}.${subName}`, type)
        : { kind: 'unknown' as const, text: `${name}.${subName}` }
      readTarget(op, sub, item, type, operations, findings, 'member')
    }
    return
  }
  const read =
    filter !== null && !isNone(single, findings)
      ? readElement(path.attribute, single, name, findings)
      : readAttribute(path.subAttribute ?? path.attribute, value, name, findings)
  if (read === undefined && isNeeded(path)) throw new ScimError('attribute-required', { attribute: name })
  if (read !== undefined && path.attribute.required) requireValue(read, name)
  operations.push({ op, path: text, value: read ?? null })
}

/** Whether an attribute cannot be without a value: a required one, and one that has a value from the start (`active`). */
function isNeeded({ attribute, subAttribute }: AttributePath): boolean {
  return subAttribute === null && (attribute.required || attribute.initial !== undefined)
}

/**
 * Applies operations in order to a stored resource. All of them or, by throwing, none; `resource` itself is not touched.
 * @returns the new resource, and whether it differs from the old one
 * @throws ScimError path-no-target, value-invalid
 */
export function applyPatch(
  resource: JsonObject,
  operations: readonly PatchOperation[],
  type: ResourceType,
): { resource: JsonObject; changed: boolean } {
  const result = { ...resource }
  const own = new Set<string>()
  for (const operation of operations) apply(result, operation, type, own)
  requireAll(result, type)
  requireImmutableKept(resource, result, type)
  return { resource: result, changed: !equalJson(resource, result) }
}

/** @param own the members of `resource` that are copies already: the others are copied before they are written to */
function apply(resource: JsonObject, operation: PatchOperation, type: ResourceType, own: Set<string>): void {
  const target = parsePath(operation.path, type)
  if (target.kind === 'unknown') return
  if (target.kind === 'extension') {
    delete resource[memberName(resource, target.schema) ?? '']
    return
  }
  const { path, filter } = target
  const isWholeExtension = !path.declared && path.subAttribute === null && filter === null
  const extension = isWholeExtension ? memberName(resource, printPath(target)) : undefined
  if (extension !== undefined) {
    applyToExtension(resource, extension, operation)
    return
  }
  const clears = operation.op === 'remove' || operation.value === null || operation.value === undefined
  const schema = path.schema === null ? undefined : (memberName(resource, path.schema) ?? path.schema)
  const written = schema ?? path.attribute.name
  const value = member(resource, written)
  if (value !== undefined && !own.has(written)) resource[written] = copyJson(value)
  own.add(written)
  if (schema !== undefined && !isJsonObject(value)) {
    if (clears) return
    resource[schema] = {}
  }
  const holder = schema === undefined ? resource : resource[schema]
  if (!isJsonObject(holder)) return

  if (!path.declared) applyUndeclared(holder, path, filter, operation, clears)
  else if (path.attribute.multiValued) applyToValues(holder, path, filter, operation, clears)
  else applyToSingle(holder, path, operation, clears)

  if (schema !== undefined && Object.keys(holder).length === 0) delete resource[schema]
}

/** The URI of an extension that the resource has may read like one of its attributes: `urn:okta:app:1.0:user:custom`. */
function applyToExtension(resource: JsonObject, name: string, operation: PatchOperation): void {
  if (isJsonObject(operation.value)) mergeInto(resource, name, operation.value)
  else delete resource[name]
}

/** What no schema declares has many values if it has a list of them, or is chosen from. */
function applyUndeclared(
  holder: JsonObject,
  path: AttributePath,
  filter: Filter | null,
  operation: PatchOperation,
  clears: boolean,
): void {
  const name = memberName(holder, path.attribute.name) ?? path.attribute.name
  const stored = { ...path, attribute: undeclaredAttribute(name) }
  const isChange = operation.op === 'add' || operation.value !== undefined
  if (
    filter !== null ||
    (path.subAttribute === null && Array.isArray(holder[name]) && operation.op !== 'replace' && isChange)
  ) {
    applyToValues(holder, stored, filter, operation, clears)
    return
  }
  if (path.subAttribute === null) {
    applyToSingle(holder, stored, operation, clears)
    return
  }
  const inner = member(holder, name)
  const subName = (isJsonObject(inner) && memberName(inner, path.subAttribute.name)) || path.subAttribute.name
  applyToSingle(holder, { ...stored, subAttribute: undeclaredAttribute(subName) }, operation, clears)
}

function applyToSingle(holder: JsonObject, path: AttributePath, operation: PatchOperation, clears: boolean): void {
  const name = path.attribute.name
  if (path.subAttribute === null) {
    if (clears) delete holder[name]
    else if (isJsonObject(operation.value)) mergeInto(holder, name, operation.value)
    else if (operation.value !== undefined) holder[name] = copyJson(operation.value)
    return
  }
  const parts = asObject(holder[name])
  setPart(parts, path.subAttribute.name, operation.value, clears)
  if (Object.keys(parts).length === 0) delete holder[name]
  else holder[name] = parts
}

function mergeInto(holder: JsonObject, name: string, parts: JsonObject): void {
  holder[name] = { ...asObject(holder[name]), ...copyJson(parts) }
}

function asObject(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

function setPart(target: JsonObject, name: string, value: JsonValue | undefined, clears: boolean): void {
  if (clears || value === undefined) delete target[name]
  else target[name] = value
}

function applyToValues(
  holder: JsonObject,
  path: AttributePath,
  filter: Filter | null,
  operation: PatchOperation,
  clears: boolean,
): void {
  const name = path.attribute.name
  const stored = holder[name]
  const values: JsonValue[] = Array.isArray(stored) ? stored : []
  const { values: result, touched } =
    filter !== null
      ? changeChosen(values, path, filter, operation, clears)
      : path.subAttribute !== null
        ? changePart(values, path, operation, clears)
        : changeAll(values, operation, clears)
  const kept = result.filter((item) => !isJsonObject(item) || Object.keys(item).length > 0)
  checkCount(path.attribute, kept, name)
  movePrimary(kept, touched, printAttributePath({ ...path, subAttribute: null }))
  if (kept.length === 0) delete holder[name]
  else holder[name] = kept
}

interface Change {
  readonly values: JsonValue[]
  /** The values that the operation wrote to. */
  readonly touched: readonly JsonValue[]
}

/** `emails[type eq "work"]`, `emails[type eq "work"].value` */
function changeChosen(
  values: JsonValue[],
  path: AttributePath,
  filter: Filter,
  operation: PatchOperation,
  clears: boolean,
): Change {
  const meetsFilter = matcher(filter)
  const isChosen = (item: JsonValue): item is JsonObject => isJsonObject(item) && meetsFilter(item)
  const chosen = values.filter(isChosen)
  if (clears) {
    if (path.subAttribute === null) return { values: values.filter((item) => !isChosen(item)), touched: [] }
    for (const item of chosen) delete item[path.subAttribute.name]
    return { values, touched: [] }
  }
  const written = path.subAttribute === null ? operation.value : { [path.subAttribute.name]: operation.value ?? null }
  const value = asObject(written)
  if (chosen.length === 0) {
    // Entra adds the parts of an address that is not there yet one by one, each through a filter.
    const made = operation.op === 'add' ? describedBy(filter) : undefined
    if (made === undefined) throw new ScimError('path-no-target', { path: operation.path })
    const element = { ...made, ...value }
    return { values: [...values, element], touched: [element] }
  }
  // The chosen values are replaced as a whole (RFC 7644 section 3.5.2.3); a bare text only changes their `value`.
  if (path.subAttribute === null && operation.op === 'replace' && Object.keys(value).some((part) => part !== 'value')) {
    const result = values.map((item) => (isChosen(item) ? copyJson(value) : item))
    return { values: result, touched: result.filter((item, index) => item !== values[index]) }
  }
  for (const item of chosen) Object.assign(item, value)
  return { values, touched: chosen }
}

/** The value that a filter of nothing but `eq` describes. */
function describedBy(filter: Filter): JsonObject | undefined {
  if (filter.kind === 'compare' && filter.operator === 'eq') return { [filter.path.attribute.name]: filter.value }
  if (filter.kind !== 'and') return undefined
  const parts = filter.filters.map(describedBy)
  return parts.every((part) => part !== undefined) ? Object.assign({}, ...parts) : undefined
}

/** `emails.value`: of all values when it is removed; else there must be one, or a primary one. */
function changePart(values: JsonValue[], path: AttributePath, operation: PatchOperation, clears: boolean): Change {
  const part = path.subAttribute?.name ?? ''
  const elements = values.filter(isJsonObject)
  if (clears) {
    for (const item of elements) delete item[part]
    return { values, touched: [] }
  }
  const made: JsonObject = { [part]: operation.value ?? null }
  if (elements.length === 0) return { values: [made], touched: [made] }
  const target = elements.length === 1 ? elements[0] : elements.find((item) => item.primary === true)
  if (target === undefined) throw new ScimError('path-no-target', { path: operation.path })
  Object.assign(target, made)
  return { values, touched: [target] }
}

function changeAll(values: JsonValue[], operation: PatchOperation, clears: boolean): Change {
  const given = Array.isArray(operation.value) ? operation.value : [operation.value ?? null]
  if (operation.op === 'remove') {
    if (operation.value === undefined) return { values: [], touched: [] }
    return { values: values.filter((item) => !given.some((value) => sameValueAs(value)(item))), touched: [] }
  }
  if (clears) return { values: [], touched: [] }
  if (operation.op === 'replace') return { values: copyJson(given), touched: [] }
  const result = [...values]
  const touched: JsonValue[] = []
  for (const value of given) {
    const isSame = sameValueAs(value)
    const present = result.find(isSame)
    if (isJsonObject(present) && isJsonObject(value)) {
      Object.assign(present, value)
      touched.push(present)
    } else if (present === undefined) {
      const added = copyJson(value)
      result.push(added)
      touched.push(added)
    }
  }
  return { values: result, touched }
}

/** Whether everything that `given` says but `primary` is true of a stored value. */
function sameValueAs(given: JsonValue): (stored: JsonValue) => boolean {
  if (!isJsonObject(given)) return (stored) => equalJson(stored, given)
  const parts = Object.entries(given).filter(([name]) => name !== 'primary')
  return (stored) =>
    isJsonObject(stored) && parts.length > 0 && parts.every(([name, value]) => equalJson(stored[name], value))
}

/** A value that has just become primary takes it from the others (RFC 7644 section 3.5.2). */
function movePrimary(values: readonly JsonValue[], touched: readonly JsonValue[], name: string): void {
  checkPrimary(touched, name)
  if (!touched.some((item) => isJsonObject(item) && item.primary === true)) return
  for (const item of values) {
    if (isJsonObject(item) && item.primary === true && !touched.includes(item)) item.primary = false
  }
}
