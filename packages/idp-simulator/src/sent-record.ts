import { isDeepStrictEqual } from 'node:util'
import type { Json, JsonObject } from './scim-client.ts'

/** What the server adds by itself and an identity provider does not compare. */
const serverOwned = new Set(['id', 'meta', 'schemas', 'groups'])

export interface Difference {
  readonly id: string
  readonly attribute: string
  readonly sent: Json | undefined
  readonly read: Json | undefined
}

/**
 * The simulator's own record of what it sent: it knows nothing of how a server applies a PATCH, it writes down the
 * value that it meant the attribute to have.
 */
export class SentRecord {
  readonly #sent = new Map<string, JsonObject>()

  /** The resource was created, or replaced, with these attributes. */
  put(id: string, resource: JsonObject): void {
    this.#sent.set(id, structuredClone(resource))
  }

  /** One attribute, or sub-attribute, was set. */
  set(id: string, path: readonly string[], value: Json): void {
    let at = this.#sent.get(id)
    if (!at) throw new Error(`nothing was sent about ${id}`)
    for (const name of path.slice(0, -1)) {
      at[name] ??= {}
      at = at[name] as JsonObject
    }
    const last = path.at(-1)
    if (last === undefined) throw new Error('an empty path')
    at[last] = value
  }

  delete(id: string): void {
    this.#sent.delete(id)
  }

  get ids(): string[] {
    return [...this.#sent.keys()]
  }

  /** What differs between what was sent and what was read back: missing, changed or made up by the server. */
  compare(id: string, read: JsonObject): Difference[] {
    const sent = this.#sent.get(id) ?? {}
    const names = new Set([...Object.keys(sent), ...Object.keys(read)].filter((name) => !serverOwned.has(name)))
    return [...names]
      .filter((name) => !isDeepStrictEqual(sent[name], read[name]))
      .map((name) => ({ id, attribute: name, sent: sent[name], read: read[name] }))
  }
}
