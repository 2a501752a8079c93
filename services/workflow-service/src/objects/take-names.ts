import { Fault } from '@user-provisioning/contracts/errors'
import type { Write } from '@user-provisioning/mongo/write'
import { matchKey, type StoredObject, typeName, withMatches } from './object.ts'
import type { ObjectBook } from './object-book.ts'
import { writeObject } from './object-store.ts'

/**
 * Lets an object have names, and a code (null: none that is new), that it did not have before. A name that is but an alias of
 * another object is taken from that one.
 * @returns the writes of the objects that lose an alias; the book has them as they then are
 * @throws Fault name-taken
 */
export function takeNames(
  { _id, instanceId, type }: StoredObject,
  { names, code }: { readonly names: readonly string[]; readonly code: string | null },
  book: ObjectBook,
  now: Date,
): Write[] {
  const byCode = code === null ? undefined : book.findObject({ instanceId, type, by: 'code', value: code })
  if (byCode && byCode._id !== _id) throw refused(type, `with code ${code}`)
  const taken = new Map<string, Set<string>>()
  for (const name of names) {
    const holder = book.findObject({ instanceId, type, by: 'name', value: name })
    if (!holder || holder._id === _id) continue
    const key = matchKey(name)
    if (matchKey(holder.name) === key) throw refused(type, name)
    taken.set(holder._id, (taken.get(holder._id) ?? new Set()).add(key))
  }
  return [...taken].flatMap(([id, keys]) => {
    const holder = book.object(id)
    if (!holder) return []
    const aliases = holder.aliases.filter((alias) => !keys.has(matchKey(alias)))
    const after = withMatches({ ...holder, aliases, version: holder.version + 1, changedAt: now })
    book.putObject(id, after)
    return writeObject(holder, after)
  })
}

function refused(type: string, name: string): Fault {
  return new Fault('name-taken', { type: typeName(type), name })
}
