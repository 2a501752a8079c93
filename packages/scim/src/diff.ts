import { equalJson, isJsonObject, type JsonObject, type JsonValue } from './json.ts'

export interface Difference {
  /** In a filter's spelling: `title`, `name.givenName`, `emails`, `urn:…:User:department`. */
  readonly path: string
  /** Null: there was none. */
  readonly old: JsonValue
  /** Null: there is none. */
  readonly new: JsonValue
}

/** What differs between two stored resources: parts of complex attributes one by one, multi-valued attributes as a whole. */
export function diff(before: JsonObject, after: JsonObject): Difference[] {
  const differences: Difference[] = []
  const compare = (old: JsonObject, now: JsonObject, prefix: string): void => {
    for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) {
      const left = Object.hasOwn(old, name) ? old[name] : undefined
      const right = Object.hasOwn(now, name) ? now[name] : undefined
      if (equalJson(left, right)) continue
      const path = `${prefix}${name}`
      if ((isJsonObject(left) || left === undefined) && (isJsonObject(right) || right === undefined)) {
        compare(left ?? {}, right ?? {}, name.includes(':') ? `${path}:` : `${path}.`)
      } else differences.push({ path, old: left ?? null, new: right ?? null })
    }
  }
  compare(before, after, '')
  return differences
}
