import { isDeepStrictEqual } from 'node:util'
import type { Json, JsonObject, ResourceKind } from './scim-client.ts'

/** What the server adds by itself and an identity provider does not compare. */
const serverOwned = new Set(['id', 'meta', 'schemas', 'groups'])

export interface Difference {
  readonly id: string
  readonly attribute: string
  readonly sent: Json | undefined
  readonly read: Json | undefined
}

interface Entry {
  readonly kind: ResourceKind
  resource: JsonObject
  readonly members: Set<string>
  readonly adopted: boolean
}

/**
 * The simulator's own record of what it sent: it knows nothing of how a server applies a request, it writes down the value
 * that it meant each attribute to have.
 */
export class SentRecord {
  readonly #entries = new Map<string, Entry>()

  /** The resource was created, or replaced, with these attributes. */
  put(kind: ResourceKind, id: string, resource: JsonObject): void {
    this.#write(kind, id, resource, false)
  }

  /** The resource was there before: what it has besides these attributes is its own. */
  adopt(kind: ResourceKind, id: string, resource: JsonObject): void {
    this.#write(kind, id, resource, true)
  }

  /** Some attributes were set, in whatever way `change` says. */
  change(id: string, change: (resource: JsonObject) => void): void {
    change(this.#entry(id).resource)
  }

  /** The ids that a group is meant to have as members; change it as they are sent. */
  members(id: string): Set<string> {
    return this.#entry(id).members
  }

  /** A deleted resource is nobody's member any more. */
  delete(id: string): void {
    this.#entries.delete(id)
    for (const { members } of this.#entries.values()) members.delete(id)
  }

  has(id: string): boolean {
    return this.#entries.has(id)
  }

  /** All that was sent and not deleted. */
  get resources(): { readonly id: string; readonly kind: ResourceKind }[] {
    return [...this.#entries].map(([id, { kind }]) => ({ id, kind }))
  }

  /** What differs between what was sent and what was read back: missing, changed or made up by the server. */
  compare(id: string, read: JsonObject): Difference[] {
    const { resource: sent, members, adopted } = this.#entry(id)
    const { members: readMembers = [], ...readRest } = read
    const names = new Set([...Object.keys(sent), ...(adopted ? [] : Object.keys(readRest))])
    const differences = [...names]
      .filter((name) => !serverOwned.has(name) && !isDeepStrictEqual(sent[name], readRest[name]))
      .map((name) => ({ id, attribute: name, sent: sent[name], read: readRest[name] }))
    const readIds = new Set((readMembers as { value: string }[]).map(({ value }) => value))
    const wrong = adopted ? members.difference(readIds) : members.symmetricDifference(readIds)
    if (wrong.size > 0 || readIds.size !== (readMembers as Json[]).length) {
      differences.push({ id, attribute: 'members', sent: [...members], read: readMembers })
    }
    return differences
  }

  #write(kind: ResourceKind, id: string, resource: JsonObject, adopted: boolean): void {
    const known = this.#entries.get(id)
    const copy = structuredClone(resource)
    if (known) known.resource = copy
    else this.#entries.set(id, { kind, resource: copy, members: new Set(), adopted })
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id)
    if (!entry) throw new Error(`nothing was sent about ${id}`)
    return entry
  }
}
