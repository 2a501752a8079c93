import type { CollectionDefinition } from '@user-provisioning/mongo/collection-definition'
import type { Mongo } from '@user-provisioning/mongo/connection'
import type { Query } from '@user-provisioning/mongo/write'
import { type GroupCopy, groupCopies } from '../groups/group-copy-store.ts'
import { userGroup } from '../rules/workflow-rule.ts'
import { matchKey, type StoredObject } from './object.ts'
import { objects } from './object-store.ts'

/** A value by which an object, or a group, is looked for. */
export interface Lookup {
  readonly instanceId: string
  readonly type: string
  readonly by: 'name' | 'code'
  readonly value: string
}

/** Something was looked for that nobody had read: it is read, and everything is decided again. */
export class NotRead extends Error {
  readonly lookup: Lookup

  constructor(lookup: Lookup) {
    super(`nobody has looked for ${lookup.type} by ${lookup.by}`)
    this.name = 'NotRead'
    this.lookup = lookup
  }
}

/** The objects and groups that a group of decisions looks for, as the decisions before in that group left them. */
export interface ObjectBook {
  /** @throws NotRead */
  findObject(lookup: Lookup): StoredObject | undefined
  /** The groups of this name, ignoring case and spaces. @throws NotRead */
  findGroups(lookup: Lookup): GroupCopy[]
  object(id: string): StoredObject | undefined
  group(id: string): GroupCopy | undefined
  /** What was decided on but is not stored yet; undefined: it is gone. */
  putObject(id: string, object: StoredObject | undefined): void
  putGroup(group: GroupCopy): void
  /** Reads what is looked for and was not read yet, all at once. */
  read(lookups: readonly Lookup[], ids: readonly { readonly instanceId: string; readonly id: string }[]): Promise<void>
}

/** What an object that is to be called so has to look for. */
export function lookupsByName(called: {
  readonly instanceId: string
  readonly type: string
  readonly names: readonly string[]
  readonly code: string | null
}): Lookup[] {
  const { instanceId, type, names, code } = called
  return [
    ...names.map((value) => ({ instanceId, type, by: 'name' as const, value })),
    ...(code === null ? [] : [{ instanceId, type, by: 'code' as const, value: code }]),
  ]
}

const keyOf = ({ instanceId, type, by, value }: Lookup) => JSON.stringify([instanceId, type, by, matchKey(value)])

export function objectBook(mongo: Pick<Mongo, 'findInEach' | 'readTogether'>): ObjectBook {
  const objectsById = new Map<string, StoredObject>()
  const groupsById = new Map<string, GroupCopy>()
  const known = new Set<string>()

  function requireRead(lookup: Lookup): string {
    if (!known.has(keyOf(lookup))) throw new NotRead(lookup)
    return matchKey(lookup.value)
  }

  async function findBy<Doc extends { _id: string }>(
    definition: CollectionDefinition<Doc>,
    lookups: readonly Lookup[],
    filterOf: (keys: string[], type: string) => Query,
  ): Promise<Doc[]> {
    const byType = Map.groupBy(lookups, ({ instanceId, type }) => JSON.stringify([instanceId, type]))
    const clauses = [...byType.values()].flatMap((alike) => {
      const [first] = alike
      if (first === undefined) return []
      const keys = [...new Set(alike.map(({ value }) => matchKey(value)))]
      return { instanceId: first.instanceId, filter: filterOf(keys, first.type) }
    })
    return mongo.findInEach(definition, clauses)
  }

  return {
    findObject(lookup) {
      const key = requireRead(lookup)
      const { instanceId, type } = lookup
      for (const object of objectsById.values()) {
        if (object.type !== type || object.instanceId !== instanceId) continue
        if (lookup.by === 'code' ? object.matchCode === key : object.matchNames.includes(key)) return object
      }
      return undefined
    },
    findGroups(lookup) {
      const key = requireRead(lookup)
      return [...groupsById.values()].filter(
        ({ instanceId, matchName, deletedAt }) =>
          instanceId === lookup.instanceId && matchName === key && deletedAt === null,
      )
    },
    object: (id) => objectsById.get(id),
    group: (id) => groupsById.get(id),
    putObject(id, object) {
      if (object) objectsById.set(id, object)
      else objectsById.delete(id)
    },
    putGroup: (group) => void groupsById.set(group._id, group),
    async read(lookups, ids) {
      const fresh = lookups.filter((lookup) => !known.has(keyOf(lookup)))
      const ofGroups = fresh.filter(({ type }) => type === userGroup)
      const ofObjects = fresh.filter(({ type }) => type !== userGroup)
      const [byName, byCode, groupsByName, byId] = await Promise.all([
        findBy(
          objects,
          ofObjects.filter(({ by }) => by === 'name'),
          (keys, type) => ({ type, matchNames: { $in: keys } }),
        ),
        findBy(
          objects,
          ofObjects.filter(({ by }) => by === 'code'),
          (keys, type) => ({ type, matchCode: { $in: keys } }),
        ),
        findBy(groupCopies, ofGroups, (keys) => ({ matchName: { $in: keys } })),
        mongo.readTogether({
          objects: { definition: objects, keys: ids },
          groups: { definition: groupCopies, keys: ids },
        }),
      ])
      for (const object of [...byName, ...byCode, ...byId.objects]) {
        if (!objectsById.has(object._id)) objectsById.set(object._id, object)
      }
      for (const group of [...groupsByName, ...byId.groups]) {
        if (!groupsById.has(group._id)) groupsById.set(group._id, group)
      }
      for (const lookup of fresh) known.add(keyOf(lookup))
    },
  }
}
