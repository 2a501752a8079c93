import { equalJson, isJsonObject, type JsonObject, type JsonValue } from './json.ts'
import { isAttributeName } from './schema.ts'

export interface Difference {
  /** In a filter's and a PATCH's spelling: `title`, `name.givenName`, `emails`, `urn:…:User:department`. */
  readonly path: string
  /** Null: there was none. */
  readonly old: JsonValue
  /** Null: there is none. */
  readonly new: JsonValue
}

/** What differs between two stored resources: parts of complex attributes one by one, multi-valued attributes as a whole. */
export function diff(before: JsonObject, after: JsonObject): Difference[] {
  const differences: Difference[] = []
  compareMembers(before, after, '', (path, name, old, now) => {
    if (name.includes(':') && isWhole(old) && isWhole(now)) {
      compareMembers(old ?? {}, now ?? {}, `${path}:`, compareAttribute)
    } else compareAttribute(path, name, old, now)
  })
  return differences

  function compareAttribute(path: string, _: string, old: JsonValue | undefined, now: JsonValue | undefined): void {
    if (hasParts(old) && hasParts(now)) {
      compareMembers(old ?? {}, now ?? {}, `${path}.`, (part, _name, one, two) => tell(part, one, two))
    } else tell(path, old, now)
  }

  function tell(path: string, old: JsonValue | undefined, now: JsonValue | undefined): void {
    differences.push({ path, old: old ?? null, new: now ?? null })
  }
}

type Compare = (path: string, name: string, old: JsonValue | undefined, now: JsonValue | undefined) => void

function compareMembers(before: JsonObject, after: JsonObject, prefix: string, compare: Compare): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined
    const now = Object.hasOwn(after, name) ? after[name] : undefined
    if (!equalJson(old, now)) compare(`${prefix}${name}`, name, old, now)
  }
}

const isWhole = (value: JsonValue | undefined): value is JsonObject | undefined =>
  value === undefined || isJsonObject(value)

/** Whether the parts of a value say all of it: each has a name that a path can have, and a value. */
function hasParts(value: JsonValue | undefined): value is JsonObject | undefined {
  if (!isJsonObject(value)) return value === undefined
  const parts = Object.entries(value)
  return parts.length > 0 && parts.every(([name, part]) => isAttributeName(name) && part !== null)
}
