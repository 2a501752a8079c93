import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'
import {
  type AttributeDeclaration,
  commonAttributes,
  findAttribute,
  type ResourceType,
  resolveAttribute,
  resolveSchema,
} from './schema.ts'

/** The parameters of the same names (RFC 7644 section 3.9), one attribute an item, as sent. */
export interface Projection {
  readonly attributes?: readonly string[] | undefined
  readonly excludedAttributes?: readonly string[] | undefined
}

/** Of each attribute that is named: true, the whole of it; a set, these parts. */
type Selection = Map<string, true | Set<string>>

/**
 * What of a presented resource is returned, by each attribute's `returned` (RFC 7643 section 7) and by what was asked for;
 * names that the type does not have select nothing. Where both lists are given, what is asked for is returned without what is
 * excluded.
 */
export function project(resource: JsonObject, type: ResourceType, projection: Projection): JsonObject {
  const byType = prepared.get(projection) ?? new Map<ResourceType, Projector>()
  prepared.set(projection, byType)
  const projected = byType.get(type) ?? projector(type, projection)
  byType.set(type, projected)
  return projected(resource)
}

type Projector = (resource: JsonObject) => JsonObject

/** The parameters of a request are read once for all resources of its answer. */
const prepared = new WeakMap<Projection, Map<ResourceType, Projector>>()

function projector(type: ResourceType, projection: Projection): Projector {
  const asked = projection.attributes?.length ? select(projection.attributes, type) : null
  const excluded = select(projection.excludedAttributes ?? [], type)

  const rules = new Map<string, Rule>()

  /** What becomes of an attribute, found once for all resources. */
  function ruleOf(schema: string | null, name: string, attributes: readonly AttributeDeclaration[] | undefined): Rule {
    const at = `${schema ?? ''}:${name}`
    let rule = rules.get(at)
    if (rule === undefined) {
      rule = makeRule(findAttribute(attributes, name) ?? commonOf(schema, name), at.toLowerCase(), wholeOf(schema))
      rules.set(at, rule)
    }
    return rule
  }

  /** @param whole the key of the extension that it belongs to: naming that names the attribute, too */
  function makeRule(declaration: AttributeDeclaration | undefined, at: string, whole: string | null): Rule {
    const returned = declaration?.returned ?? 'default'
    if (returned === 'never' || returned === 'always') return returned === 'always'
    const named = asked?.get(at) ?? (whole === null ? undefined : asked?.get(whole))
    const wanted = named ?? (asked === null && returned === 'default' ? true : undefined)
    const without = (whole === null ? undefined : excluded.get(whole)) ?? excluded.get(at)
    if (wanted === undefined || without === true) return false
    if (wanted === true && without === undefined && !isSelective(declaration)) return true
    const parts = new Map<string, boolean>()
    return (name) => {
      let isKept = parts.get(name)
      if (isKept === undefined) {
        const sub = findAttribute(declaration?.subAttributes, name)?.returned ?? 'default'
        const lower = name.toLowerCase()
        isKept =
          sub === 'always' ||
          (sub !== 'never' && (wanted === true ? sub === 'default' : wanted.has(lower)) && !without?.has(lower))
        parts.set(name, isKept)
      }
      return isKept
    }
  }

  return (resource) => {
    const result: JsonObject = {}
    for (const [name, value] of Object.entries(resource)) {
      const owner = name.includes(':') ? resolveSchema(name, type) : undefined
      if (owner === undefined || 'core' in owner || !isJsonObject(value)) {
        const kept = keptBy(ruleOf(null, name, type.schema.attributes), value)
        if (kept !== undefined) result[name] = kept
        continue
      }
      const parts: JsonObject = {}
      for (const [inner, item] of Object.entries(value)) {
        const kept = keptBy(ruleOf(name, inner, owner.schema?.attributes), item)
        if (kept !== undefined) parts[inner] = kept
      }
      if (Object.keys(parts).length > 0) result[name] = parts
    }
    return result
  }
}

/** Whether an attribute is returned whole or not at all; else, which of its parts are. */
type Rule = boolean | ((part: string) => boolean)

const commonOf = (schema: string | null, name: string) =>
  schema === null ? findAttribute(commonAttributes, name) : undefined

const wholeOf = (schema: string | null): string | null => (schema === null ? null : key(schema, ''))

function keptBy(rule: Rule, value: JsonValue): JsonValue | undefined {
  if (typeof rule === 'boolean') return rule ? value : undefined
  return partsOf(value, rule)
}

/** Whether an attribute has parts that are not simply returned with it. */
function isSelective(declaration: AttributeDeclaration | undefined): boolean {
  return declaration?.subAttributes?.some((sub) => sub.returned === 'never' || sub.returned === 'request') ?? false
}

/** Whether a projection leaves anything of an attribute: if not, it need not be read. */
export function isReturned(attribute: string, type: ResourceType, projection: Projection): boolean {
  const probe: JsonObject = { [attribute]: [probeOf(findAttribute(type.schema.attributes, attribute))] }
  return Object.hasOwn(project(probe, type, projection), attribute)
}

function probeOf(declaration: AttributeDeclaration | undefined): JsonValue {
  return Object.fromEntries((declaration?.subAttributes ?? []).map((sub) => [sub.name, '']))
}

const key = (schema: string | null, name: string): string => `${schema ?? ''}:${name}`.toLowerCase()

function select(names: readonly string[], type: ResourceType): Selection {
  const selection: Selection = new Map()
  for (const written of names) {
    const name = written.trim()
    const owner = name.includes(':') ? resolveSchema(name, type) : undefined
    if (owner !== undefined && 'core' in owner) {
      for (const declaration of type.schema.attributes) selection.set(key(null, declaration.name), true)
      continue
    }
    if (owner !== undefined) selection.set(key(owner.extension, ''), true)
    const path = resolveAttribute(name, type)
    if (path === undefined) continue
    const at = key(path.schema, path.attribute.name)
    const earlier = selection.get(at)
    if (path.subAttribute === null) selection.set(at, true)
    else if (earlier !== true) selection.set(at, new Set([...(earlier ?? []), path.subAttribute.name.toLowerCase()]))
  }
  return selection
}

function partsOf(value: JsonValue, keeps: (name: string) => boolean): JsonValue | undefined {
  if (Array.isArray(value)) {
    const items = value.map((item) => partsOf(item, keeps)).filter((item) => item !== undefined)
    return items.length === 0 ? undefined : items
  }
  if (!isJsonObject(value)) return value
  const kept: JsonObject = {}
  let isEmpty = true
  for (const name of Object.keys(value)) {
    if (!keeps(name)) continue
    kept[name] = value[name] as JsonValue
    isEmpty = false
  }
  return isEmpty ? undefined : kept
}
