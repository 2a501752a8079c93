import type { Mongo } from '@user-provisioning/mongo/connection'
import { type ObjectType, objectTypeId, objectTypes, typesOf } from './object-types/object-type.ts'
import { type Lookup, lookupsByName, type ObjectBook, objectBook } from './objects/object-book.ts'
import { objects } from './objects/object-store.ts'
import {
  ruleSets,
  rulesVersionId,
  rulesVersions,
  type StoredRuleSet,
  type StoredRulesVersion,
  unchangedRuleSet,
} from './rules/rule-set-store.ts'
import type { UserCopy } from './users/user-copy.ts'
import { userCopies } from './users/user-copy-store.ts'

/** What the inputs of a committing group ask to see. All of it is read at once. */
export interface Wants {
  user(instanceId: string, userId: string): void
  ruleSet(instanceId: string): void
  rulesVersion(instanceId: string, version: number): void
  objectTypes(instanceId: string): void
  /** An object or a group, by its id. */
  object(instanceId: string, id: string): void
  lookup(lookup: Lookup): void
  /** Objects of the type of this one that have these names or this code. */
  namesBeside(instanceId: string, objectId: string, names: { names: readonly string[]; code: string | null }): void
  /** How many users are linked to an object. */
  linkedUsers(instanceId: string, objectId: string): void
  /** Whether there are objects of a type. */
  objectsOfType(instanceId: string, type: string): void
}

/** What was read for a committing group, with what its earlier inputs have decided. */
export interface WorkflowView {
  readonly copies: Map<string, UserCopy>
  readonly book: ObjectBook
  ruleSet(instanceId: string): StoredRuleSet
  putRuleSet(set: StoredRuleSet): void
  rulesVersion(instanceId: string, version: number): StoredRulesVersion | undefined
  /** The standard types and those that the instance declares. */
  objectTypes(instanceId: string): ObjectType[]
  /** Undefined: it is no more. */
  putObjectType(instanceId: string, name: string, type: ObjectType | undefined): void
  linkedUsers(objectId: string): number
  hasObjects(instanceId: string, type: string): boolean
}

interface Key {
  readonly instanceId: string
  readonly id: string
}

/** Reads what a group of inputs wants, side by side. */
export async function readWanted(mongo: Mongo, ask: (want: Wants) => void): Promise<WorkflowView> {
  const users: Key[] = []
  const sets = new Map<string, Key>()
  const versions: Key[] = []
  const typesWanted = new Set<string>()
  const ids: Key[] = []
  const lookups: Lookup[] = []
  const beside: (Key & { readonly names: readonly string[]; readonly code: string | null })[] = []
  const counts: Key[] = []
  const kinds: Key[] = []
  ask({
    user: (instanceId, id) => void users.push({ instanceId, id }),
    ruleSet: (instanceId) => void sets.set(instanceId, { instanceId, id: instanceId }),
    rulesVersion: (instanceId, version) => void versions.push({ instanceId, id: rulesVersionId(instanceId, version) }),
    objectTypes: (instanceId) => void typesWanted.add(instanceId),
    object: (instanceId, id) => void ids.push({ instanceId, id }),
    lookup: (lookup) => void lookups.push(lookup),
    namesBeside(instanceId, id, names) {
      ids.push({ instanceId, id })
      beside.push({ instanceId, id, ...names })
    },
    linkedUsers: (instanceId, id) => void counts.push({ instanceId, id }),
    objectsOfType: (instanceId, id) => void kinds.push({ instanceId, id }),
  })
  const book = objectBook(mongo)
  const [{ copies, foundSets, foundVersions }, declared, counted, used] = await Promise.all([
    mongo.readTogether({
      copies: { definition: userCopies, keys: users },
      foundSets: { definition: ruleSets, keys: [...sets.values()] },
      foundVersions: { definition: rulesVersions, keys: versions },
    }),
    mongo.findInEach(
      objectTypes,
      [...typesWanted].map((instanceId) => ({ instanceId, filter: {} })),
    ),
    Promise.all(counts.map(async ({ instanceId, id }) => [id, await countLinked(mongo, instanceId, id)] as const)),
    Promise.all(
      kinds.map(async ({ instanceId, id: type }) => {
        const found = await mongo.bound(objects, instanceId).count({ type }, { limit: 1 })
        return [objectTypeId(instanceId, type), found > 0] as const
      }),
    ),
    book.read(lookups, ids),
  ])
  const besideThem = beside.flatMap(({ instanceId, id, names, code }) => {
    const type = book.object(id)?.type
    return type === undefined ? [] : lookupsByName({ instanceId, type, names, code })
  })
  if (besideThem.length > 0) await book.read(besideThem, [])
  const setsById = new Map(foundSets.map((set) => [set._id, set]))
  const versionsById = new Map(foundVersions.map((version) => [version._id, version]))
  const typesById = new Map(declared.map((type) => [type._id, type]))
  const countById = new Map(counted)
  const usedTypes = new Map(used)

  return {
    copies: new Map(copies.map(({ _id, instanceId: _instance, deletedAt: _at, ...copy }) => [_id, copy])),
    book,
    ruleSet: (instanceId) => setsById.get(instanceId) ?? unchangedRuleSet(instanceId),
    putRuleSet: (set) => void setsById.set(set.instanceId, set),
    rulesVersion: (instanceId, version) => versionsById.get(rulesVersionId(instanceId, version)),
    objectTypes: (instanceId) =>
      typesOf(
        instanceId,
        [...typesById.values()].filter((type) => type.instanceId === instanceId),
      ),
    putObjectType(instanceId, name, type) {
      if (type) typesById.set(objectTypeId(instanceId, name), type)
      else typesById.delete(objectTypeId(instanceId, name))
    },
    linkedUsers: (objectId) => countById.get(objectId) ?? 0,
    hasObjects: (instanceId, type) => usedTypes.get(objectTypeId(instanceId, type)) ?? false,
  }
}

/** How many users rules link to an object. */
export function countLinked(mongo: Pick<Mongo, 'bound'>, instanceId: string, objectId: string): Promise<number> {
  return mongo.bound(userCopies, instanceId).count({ 'links.objectId': objectId })
}
