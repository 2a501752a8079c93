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

/** True: the whole of it; a set: these parts. */
type Selection = Map<string, true | Set<string>>

/**
 * What of a presented resource is returned. `id` and `schemas` always are, `password` never; names that the type does not have
 * select nothing. Where both lists are given, what is asked for is returned without what is excluded.
 */
export function project(resource: JsonObject, type: ResourceType, projection: Projection): JsonObject {
  const asked =
    projection.attributes === undefined || projection.attributes.length === 0
      ? null
      : select(projection.attributes, type)
  const excluded = select(projection.excludedAttributes ?? [], type)
  const result: JsonObject = {}
  for (const [name, value] of Object.entries(resource)) {
    const extension = name.includes(':') ? resolveSchema(name, type) : undefined
    if (extension !== undefined && isJsonObject(value)) {
      const parts: JsonObject = {}
      for (const [inner, item] of Object.entries(value)) {
        const kept = pick(item, key(name, inner), asked, excluded, wholeOf(name))
        if (kept !== undefined) parts[inner] = kept
      }
      if (Object.keys(parts).length > 0) result[name] = parts
      continue
    }
    const declaration = findAttribute(type.schema.attributes, name) ?? findAttribute(commonAttributes, name)
    if (declaration?.returned === 'never') continue
    if (declaration?.returned === 'always') {
      result[name] = value
      continue
    }
    const kept = pick(value, key(null, name), asked, excluded, null)
    if (kept !== undefined) result[name] = kept
  }
  return result
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
const wholeOf = (schema: string): string => key(schema, '')

function select(names: readonly string[], type: ResourceType): Selection {
  const selection: Selection = new Map()
  for (const written of names) {
    const name = written.trim()
    const owner = name.includes(':') ? resolveSchema(name, type) : undefined
    if (owner !== undefined && 'core' in owner) {
      for (const declaration of type.schema.attributes) selection.set(key(null, declaration.name), true)
      continue
    }
    if (owner !== undefined) selection.set(wholeOf(owner.extension), true)
    const path = resolveAttribute(name, type)
    if (path === undefined) continue
    const at = key(path.schema, path.attribute.name)
    const earlier = selection.get(at)
    if (path.subAttribute === null) selection.set(at, true)
    else if (earlier !== true) selection.set(at, new Set([...(earlier ?? []), path.subAttribute.name.toLowerCase()]))
  }
  return selection
}

function pick(
  value: JsonValue,
  at: string,
  asked: Selection | null,
  excluded: Selection,
  whole: string | null,
): JsonValue | undefined {
  const without = (whole === null ? undefined : excluded.get(whole)) ?? excluded.get(at)
  if (without === true) return undefined
  const wanted = asked === null ? true : ((whole === null ? undefined : asked.get(whole)) ?? asked.get(at))
  if (wanted === undefined) return undefined
  if (wanted === true && without === undefined) return value
  return parts(value, (name) => (wanted === true || wanted.has(name)) && !without?.has(name))
}

function parts(value: JsonValue, keeps: (name: string) => boolean): JsonValue | undefined {
  if (Array.isArray(value)) {
    const items = value.map((item) => parts(item, keeps)).filter((item) => item !== undefined)
    return items.length === 0 ? undefined : items
  }
  if (!isJsonObject(value)) return value
  const entries = Object.entries(value).filter(([name]) => keeps(name.toLowerCase()))
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}
