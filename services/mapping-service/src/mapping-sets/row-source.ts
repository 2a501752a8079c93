import { matches } from '@user-provisioning/scim/filter-match'
import { isJsonObject, type JsonObject, type JsonValue, member } from '@user-provisioning/scim/json'
import { type PatchPath, parsePath } from '@user-provisioning/scim/path-parser'
import { userType } from '@user-provisioning/scim/schema'
import type { RowSource } from './mapping-set.ts'

/** Gives the text of one user's SCIM tree, or null where it has none. @throws UnreadableSource when the value is no text */
export type ReadSource = (scim: JsonObject) => string | null

/** The value at a source's path cannot be put into a text field; the message says why, in words. */
export class UnreadableSource extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'UnreadableSource'
  }
}

/**
 * Prepares a source: its paths are parsed once, not per user.
 * @returns a reader; a path that cannot be parsed or meets no attribute makes the reader fail, not this call, since a bad
 * row must not stop the others
 */
export function readerOf(source: RowSource): ReadSource {
  const readers = [source.path, ...(source.otherwise ?? [])].map(pathReader)
  return (scim) => {
    for (const read of readers) {
      const value = read(scim)
      if (value !== null) return value
    }
    return null
  }
}

function pathReader(text: string): ReadSource {
  let path: PatchPath
  try {
    path = parsePath(text, userType)
  } catch (err) {
    return unreadable(err instanceof Error ? err.message.replace(/\.$/, '') : String(err))
  }
  if (path.kind === 'unknown') return unreadable(`a user has no attribute ${text}`)
  if (path.kind === 'extension') return unreadable(`${text} is a whole extension, not a text`)
  const target = path
  return (scim) => {
    for (const value of valuesAt(scim, target)) {
      if (isAbsent(value)) continue
      if (typeof value !== 'string') throw new UnreadableSource(`${text} is not a text but ${kindOf(value)}`)
      return value
    }
    return null
  }
}

function unreadable(why: string): ReadSource {
  return () => {
    throw new UnreadableSource(why)
  }
}

type AttributeTarget = Extract<PatchPath, { kind: 'attribute' }>

/** The values at a path, in the order of the tree: one of a single-valued attribute, those that meet the filter of another. */
function valuesAt(scim: JsonObject, { path, filter }: AttributeTarget): JsonValue[] {
  const owner = path.schema === null ? scim : member(scim, path.schema)
  const value = member(owner, path.attribute.name)
  if (value === undefined) return []
  const elements = path.attribute.multiValued && Array.isArray(value) ? value : [value]
  const chosen = filter === null ? elements : elements.filter((item) => isJsonObject(item) && matches(filter, item))
  const sub = path.subAttribute?.name
  return sub === undefined ? chosen : chosen.map((item) => member(item, sub) ?? null)
}

/** An empty text clears like an attribute that is not there. */
function isAbsent(value: JsonValue): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function kindOf(value: JsonValue): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number') return 'a number'
  return typeof value === 'boolean' ? 'true or false' : 'an object'
}
