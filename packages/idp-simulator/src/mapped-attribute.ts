import type { Json, JsonObject } from './scim-client.ts'

/** Parts of a target attribute in Entra's words: `emails[type eq "work"].value`, `urn:…:User:department`, `name.givenName`. */
const pattern = /^(?:(?<urn>urn:.*:User):)?(?<name>\w+)(?:\[(?<by>\w+) eq "(?<key>[^"]+)"\])?(?:\.(?<sub>\w+))?$/

interface Target {
  /** Where the attribute is: the resource or one of its extensions. */
  readonly holder: JsonObject
  readonly name: string
  readonly by: string | undefined
  readonly key: string | undefined
  readonly sub: string | undefined
}

function target(resource: JsonObject, path: string): Target {
  const groups = pattern.exec(path)?.groups
  if (!groups?.name) throw new Error(`${path} is no target attribute`)
  if (groups.urn) resource[groups.urn] ??= {}
  const holder = groups.urn ? (resource[groups.urn] as JsonObject) : resource
  return { holder, name: groups.name, by: groups.by, key: groups.key, sub: groups.sub }
}

/** The element whose `type` (or other attribute) is the key; Entra writes even booleans as text there. */
function chosen({ holder, name, by, key }: Target): JsonObject | undefined {
  const elements = (holder[name] ?? []) as JsonObject[]
  return elements.find((element) => String(element[by ?? '']).toLowerCase() === key?.toLowerCase())
}

/** Puts a value where the path says; an element that is not there yet is added at the end. */
export function placeAt(resource: JsonObject, path: string, value: Json): void {
  const at = target(resource, path)
  if (at.by !== undefined && at.sub !== undefined) {
    const element = chosen(at)
    if (element) element[at.sub] = value
    else {
      const key = at.key === 'True' ? true : (at.key ?? '')
      at.holder[at.name] = [...((at.holder[at.name] ?? []) as Json[]), { [at.by]: key, [at.sub]: value }]
    }
  } else if (at.sub !== undefined) {
    at.holder[at.name] = { ...(at.holder[at.name] as JsonObject | undefined), [at.sub]: value }
  } else at.holder[at.name] = value
}

/** The value where the path says; undefined when there is none. */
export function valueAt(resource: JsonObject, path: string): Json | undefined {
  const at = target(structuredClone(resource), path)
  if (at.by !== undefined) return chosen(at)?.[at.sub ?? '']
  const value = at.holder[at.name]
  return at.sub === undefined ? value : (value as JsonObject | undefined)?.[at.sub]
}
