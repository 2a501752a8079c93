import { isJsonObject, type JsonObject, type JsonValue } from '@user-provisioning/scim/json'

/** One attribute of a user as a mapping would name it, with a value that it had. */
export interface SeenValue {
  readonly path: string
  readonly value: string | number | boolean
}

/** They carry identity or say nothing of the person. */
const notForMapping = new Set(['schemas', 'id', 'meta', 'password', 'userName', 'active', 'groups'])
const mostPaths = 200

/**
 * The paths at which a user has a value: `title`, `name.givenName`, `emails[type eq "work"].value`,
 * `urn:…:User:department`. Of a list of values each type is a path of its own.
 */
export function attributePaths(scim: JsonObject): SeenValue[] {
  const seen: SeenValue[] = []
  for (const [name, value] of Object.entries(scim)) {
    if (notForMapping.has(name)) continue
    if (name.startsWith('urn:') && isJsonObject(value)) {
      for (const [attribute, each] of Object.entries(value)) look(`${name}:${attribute}`, each, seen)
    } else look(name, value, seen)
    if (seen.length >= mostPaths) break
  }
  return seen.slice(0, mostPaths)
}

function look(path: string, value: JsonValue, seen: SeenValue[]): void {
  if (Array.isArray(value)) {
    for (const element of value.slice(0, 20)) {
      if (isJsonObject(element)) lookInto(`${path}${chosenBy(element)}`, element, seen)
      else look(path, element, seen)
    }
  } else if (isJsonObject(value)) lookInto(path, value, seen)
  else if (value !== null && value !== '') seen.push({ path, value })
}

function lookInto(path: string, value: JsonObject, seen: SeenValue[]): void {
  for (const [name, each] of Object.entries(value)) {
    if (name === 'type' || name === 'primary' || name === '$ref' || typeof each === 'object') continue
    look(`${path}.${name}`, each, seen)
  }
}

/** The filter that chooses an element by its type, where it has one that can be written. */
function chosenBy({ type }: JsonObject): string {
  return typeof type === 'string' && /^[\w -]{1,40}$/.test(type) ? `[type eq "${type}"]` : ''
}

const secretNames = /pass|secret|token|pin|ssn|social|birth|iban|account|salary|health/i

/**
 * The shape of a value: its first character, letters as x, digits as 0. Null where even that is too much: short values, and
 * attributes whose name says so.
 */
export function maskedExample({ path, value }: SeenValue): string | null {
  if (typeof value === 'boolean') return String(value)
  if (secretNames.test(path)) return null
  const text = String(value).slice(0, 40)
  if (text.length < 4) return text.replace(/\p{N}/gu, '0').replace(/\p{L}/gu, 'x')
  const [first = '', ...rest] = [...text]
  return (
    first +
    rest
      .join('')
      .replace(/\p{N}/gu, '0')
      .replace(/\p{L}|\p{M}/gu, 'x')
  )
}
