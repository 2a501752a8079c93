/**
 * MongoDB reads a dot in a member name as a step into it and a leading dollar as an operator. So names are stored
 * percent-encoded where they would be misread: `.`, a leading `$`, NUL, `%` itself; the empty name is a lone `%`.
 */
const misread = /[.%\0]|^\$/
const misreadEach = /[.%\0]|^\$/g
const encoded = /%(25|2E|24|00)|^%$/g

/** A member name as it is stored. Different names stay different. */
export function escapeKey(name: string): string {
  if (name === '') return '%'
  if (!misread.test(name)) return name
  return name.replace(misreadEach, (character) => `%${hex(character)}`)
}

/** A stored member name as it was given to `escapeKey`. */
export function unescapeKey(stored: string): string {
  if (!stored.includes('%')) return stored
  return stored.replace(encoded, (_, code?: string) =>
    code === undefined ? '' : String.fromCharCode(Number.parseInt(code, 16)),
  )
}

/**
 * The path, for a filter, change, projection or index, to a member that lies under these names in a document:
 * `escapePath(['scim', 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', 'department'])`.
 */
export function escapePath(names: readonly string[]): string {
  return names.map(escapeKey).join('.')
}

/** The value as it is stored: names escaped at every depth, members that are undefined left out. Shares what needs no change. */
export function escapeKeys<T>(value: T): T {
  return rename(value, escapeKey) as T
}

/** A stored value as it was given to `escapeKeys`. */
export function unescapeKeys<T>(value: T): T {
  return rename(value, unescapeKey) as T
}

function rename(value: unknown, rule: (name: string) => string): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return renameItems(value, rule)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return renameMembers(value as Record<string, unknown>, rule)
}

function renameItems(items: readonly unknown[], rule: (name: string) => string): readonly unknown[] {
  let copy: unknown[] | undefined
  for (let at = 0; at < items.length; at++) {
    const renamed = rename(items[at], rule)
    if (copy === undefined && renamed !== items[at]) copy = items.slice(0, at)
    copy?.push(renamed)
  }
  return copy ?? items
}

function renameMembers(members: Record<string, unknown>, rule: (name: string) => string): Record<string, unknown> {
  const names = Object.keys(members)
  let copy: Record<string, unknown> | undefined
  for (let at = 0; at < names.length; at++) {
    const name = names[at] as string
    const value = members[name]
    const renamed = rename(value, rule)
    const newName = rule(name)
    if (copy === undefined) {
      if (newName === name && renamed === value && value !== undefined) continue
      copy = {}
      for (const earlier of names.slice(0, at)) assign(copy, earlier, members[earlier])
    }
    if (value !== undefined) assign(copy, newName, renamed)
  }
  return copy ?? members
}

/** A member named `__proto__` stays a member. */
function assign(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
  } else {
    target[name] = value
  }
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')
}
