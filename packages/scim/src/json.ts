import { ScimError } from './errors.ts'

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject
export interface JsonObject {
  [name: string]: JsonValue
}

/** Deeper documents are refused: no SCIM resource or message is, and everything behind this door may recurse. */
export const maxJsonDepth = 64

/** Most members of one object: looking through more of them costs more than any message is worth. */
const maxMembers = 10_000

/** How a text may say `__proto__`, or what is no character. */
const odd = /\\u|__proto__/

/**
 * Parses a JSON text. Members named `__proto__` are left out, at any depth.
 * @throws ScimError body-not-json: not JSON, nested deeper than 64, an object of over 10,000 members, or text that no store keeps as it is (lone surrogates, NUL in a name).
 */
export function parseJson(text: string): JsonValue {
  let parsed: JsonValue
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new ScimError('body-not-json', { where: 'it cannot be parsed' })
  }
  // What is well-formed and has no escapes writes no half characters and no NUL; most bodies are like that.
  const isOdd = odd.test(text) || !text.isWellFormed()
  let next: (JsonValue[] | JsonObject)[] = []
  const look = (value: JsonValue): void => {
    if (typeof value === 'object' && value !== null) next.push(value)
    else if (isOdd && typeof value === 'string' && !value.isWellFormed()) {
      throw new ScimError('body-not-json', { where: 'a string holds half a character' })
    }
  }
  // Level by level instead of by a reviver, which would recurse as deep as a hostile body goes.
  look(parsed)
  for (let depth = 0; next.length > 0; depth++) {
    if (depth > maxJsonDepth) {
      throw new ScimError('body-not-json', { where: `it is nested deeper than ${maxJsonDepth}` })
    }
    const level = next
    next = []
    for (const value of level) {
      if (Array.isArray(value)) {
        for (const item of value) look(item)
        continue
      }
      if (isOdd) Reflect.deleteProperty(value, '__proto__')
      const names = Object.keys(value)
      if (names.length > maxMembers) {
        throw new ScimError('body-not-json', { where: `an object has more than ${maxMembers} members` })
      }
      for (const name of names) {
        if (isOdd && (name.includes('\0') || !name.isWellFormed())) {
          throw new ScimError('body-not-json', { where: 'a member name holds a character that is not allowed' })
        }
        look(value[name] as JsonValue)
      }
    }
  }
  return parsed
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object's own member; never what it inherits, so `constructor` and `toString` are names like any other. */
export function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** The own member name that equals `name` but for its case, preferring the exact one. */
export function memberName(value: JsonObject, name: string): string | undefined {
  if (Object.hasOwn(value, name)) return name
  const lower = name.toLowerCase()
  return Object.keys(value).find((key) => key.toLowerCase() === lower)
}

/** The object's own member of that name, whatever its case. */
export function memberInAnyCase(value: JsonObject, name: string): JsonValue | undefined {
  const own = memberName(value, name)
  return own === undefined ? undefined : value[own]
}

/** A deep copy; of JSON it is several times as fast as structuredClone. */
export function copyJson<Value extends JsonValue>(value: Value): Value
export function copyJson(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(copyJson)
  if (!isJsonObject(value)) return value
  const copy: JsonObject = {}
  for (const name of Object.keys(value)) copy[name] = copyJson(value[name] as JsonValue)
  return copy
}

/** Equal as JSON: the order of members does not matter, the order of values does. */
export function equalJson(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  if (left === right) return true
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((value, index) => equalJson(value, right[index]))
    )
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false
  const names = Object.keys(left)
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && equalJson(left[name], right[name]))
  )
}
