import type { BulkAction } from './bulk-request.ts'
import type { Filter } from './filter-parser.ts'
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'
import { type PatchOperation, parsePatch } from './patch.ts'
import { parsePath, printPath } from './path-parser.ts'
import { type AttributeDeclaration, findAttribute, type ResourceType, resolveSchema } from './schema.ts'

const reference = /^bulkId:(.+)$/is

/** The bulkId that a text refers to; undefined: it is an id, or any text. */
export function referredBulkId(text: string): string | undefined {
  return reference.exec(text)?.[1]
}

/** The reference to a bulkId, as it stands where an id would. */
export function referenceTo(bulkId: string): string {
  return `bulkId:${bulkId}`
}

/**
 * The action with every text replaced that stands where a resource is named: its target, the values of attributes that have a
 * `$ref` to users or groups beside them (members, manager), and all of an extension without a schema, which must be handled in
 * the same way (RFC 7644 section 3.7.2). A `displayName` may say "bulkId:x" and means it.
 */
export function replaceNamed(action: BulkAction, replace: (named: string) => string): BulkAction {
  const { type } = action
  switch (action.method) {
    case 'POST':
      return { ...action, given: { ...action.given, resource: replaceIn(action.given.resource, type, replace) } }
    case 'PUT': {
      const resource = replaceIn(action.given.resource, type, replace)
      return { ...action, target: replace(action.target), given: { ...action.given, resource } }
    }
    case 'PATCH': {
      const operations = action.given.operations.map((operation) => replaceInOperation(operation, type, replace))
      return { ...action, target: replace(action.target), given: { ...action.given, operations } }
    }
    case 'DELETE':
      return { ...action, target: replace(action.target) }
  }
}

/** Which of what `replaceNamed` may replace is wanted, once each. */
export function namedIn(action: BulkAction, isWanted: (named: string) => boolean): ReadonlySet<string> {
  const named = new Set<string>()
  replaceNamed(action, (text) => {
    if (isWanted(text)) named.add(text)
    return text
  })
  return named
}

function replaceIn(resource: JsonObject, type: ResourceType, replace: (named: string) => string): JsonObject {
  return mapAttributes(resource, type, (attribute, value) =>
    namesResources(attribute) ? mapTexts(value, replace) : value,
  )
}

function replaceInOperation(
  operation: PatchOperation,
  type: ResourceType,
  replace: (named: string) => string,
): PatchOperation {
  const target = parsePath(operation.path, type)
  if (target.kind !== 'attribute' || !namesResources(target.path.declared ? target.path.attribute : undefined)) {
    return operation
  }
  let isReplaced = false
  const noting = (named: string) => {
    const replacement = replace(named)
    isReplaced ||= replacement !== named
    return replacement
  }
  const filter = target.filter && mapFilter(target.filter, noting)
  const value = operation.value === undefined ? {} : { value: mapTexts(operation.value, noting) }
  return isReplaced ? { ...operation, path: printPath({ ...target, filter }), ...value } : operation
}

function mapFilter(filter: Filter, replace: (named: string) => string): Filter {
  switch (filter.kind) {
    case 'compare':
      return typeof filter.value === 'string' ? { ...filter, value: replace(filter.value) } : filter
    case 'and':
    case 'or':
      return { ...filter, filters: filter.filters.map((part) => mapFilter(part, replace)) }
    case 'not':
    case 'valuePath':
      return { ...filter, filter: mapFilter(filter.filter, replace) }
    default:
      return filter
  }
}

/** Whether an attribute holds who is meant; one without a declaration might. */
function namesResources(attribute: AttributeDeclaration | undefined): boolean {
  if (attribute === undefined) return true
  const ref = findAttribute(attribute.subAttributes, '$ref')
  return ref?.referenceTypes?.some((type) => type === 'User' || type === 'Group') ?? false
}

type Change = (attribute: AttributeDeclaration | undefined, value: JsonValue) => JsonValue | undefined

/** A copy of a resource as `readResource` gives it, each attribute changed, or left out. */
function mapAttributes(resource: JsonObject, type: ResourceType, change: Change): JsonObject {
  return mapMembers(resource, (name, value) => {
    const owner = name.includes(':') && isJsonObject(value) ? resolveSchema(name, type) : undefined
    if (owner === undefined || !isJsonObject(value)) {
      // externalId is the one common attribute of a resource that was read.
      return name === 'externalId' ? value : change(findAttribute(type.schema.attributes, name), value)
    }
    const attributes = 'schema' in owner ? owner.schema?.attributes : undefined
    const inner = mapMembers(value, (item, part) => change(findAttribute(attributes, item), part))
    return Object.keys(inner).length === 0 ? undefined : inner
  })
}

function mapMembers(object: JsonObject, change: (name: string, value: JsonValue) => JsonValue | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(object).flatMap(([name, value]) => {
      const changed = change(name, value)
      return changed === undefined ? [] : [[name, changed]]
    }),
  )
}

/** The value with every text changed, or itself: lists of members are long and most of them name ids. */
function mapTexts(value: JsonValue, change: (text: string) => string): JsonValue {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) {
    const items = value.map((item) => mapTexts(item, change))
    return items.some((item, n) => item !== value[n]) ? items : value
  }
  if (!isJsonObject(value)) return value
  const names = Object.keys(value)
  const parts = names.map((name) => mapTexts(value[name] ?? null, change))
  if (names.every((name, n) => parts[n] === value[name])) return value
  return Object.fromEntries(names.map((name, n) => [name, parts[n] ?? null]))
}

type Create = Extract<BulkAction, { method: 'POST' }>

/**
 * Cuts a create in two where it names what does not exist yet because that names it in turn (RFC 7644 section 3.7.1): the
 * create without those references, and the PATCH that adds them once all are there.
 * @param later the bulkIds that cannot be resolved yet
 * @param target whom the PATCH is for: a reference to what the create makes
 */
export function splitCreate(
  create: Create,
  later: ReadonlySet<string>,
  target: string,
): { create: Create; link: Extract<BulkAction, { method: 'PATCH' }> } {
  const { type, given } = create
  const isLater = (value: JsonValue): boolean => {
    let found = false
    mapTexts(value, (text) => {
      found ||= later.has(referredBulkId(text) ?? '')
      return text
    })
    return found
  }
  const part =
    (wanted: boolean): Change =>
    (attribute, value) => {
      if (!namesResources(attribute)) return wanted ? undefined : value
      // Adding to an attribute without a schema replaces it.
      if (attribute === undefined || !Array.isArray(value)) return isLater(value) === wanted ? value : undefined
      const values = value.filter((item) => isLater(item) === wanted)
      return values.length === 0 ? undefined : values
    }
  const linked = { Operations: [{ op: 'add', value: mapAttributes(given.resource, type, part(true)) }] }
  return {
    create: { ...create, given: { ...given, resource: mapAttributes(given.resource, type, part(false)) } },
    link: { method: 'PATCH', type, target, version: null, given: { ...parsePatch(linked, type), quirks: [] } },
  }
}
