import type { mongo as driver } from 'mongoose'
import type { CollectionDefinition } from './collection-definition.ts'
import { readTimeLimitMs } from './collection-reads.ts'
import { unescapeKeys } from './key-escaping.ts'

/** A document by its id and the instance that it must belong to; null in a collection of scope `global`. */
export interface DocumentKey {
  readonly instanceId: string | null
  readonly id: string
}

/** What is wanted of one collection. */
export interface WantedById {
  readonly definition: CollectionDefinition
  readonly keys: readonly DocumentKey[]
}

/** The documents that were found of each, by the name under which it was wanted; in no order. */
export type FoundById<Wanted> = {
  [Name in keyof Wanted]: Wanted[Name] extends { readonly definition: CollectionDefinition<infer Doc> } ? Doc[] : never
}

/**
 * Reads documents of several collections by their ids in one round trip: a lone request costs the number of its steps, and a read
 * of its own for each collection takes the machine twice the work.
 * One index scan a collection, whatever the number of instances; a document of another instance than the one named with its id
 * is left out before anybody sees it.
 */
export async function readByIds<Wanted extends Readonly<Record<string, WantedById>>>(
  database: driver.Db,
  wanted: Wanted,
): Promise<FoundById<Wanted>> {
  const parts = Object.entries(wanted).map(([name, { definition, keys }]) => ({
    name,
    definition,
    instances: instancesById(keys),
    found: [] as unknown[],
  }))
  const [first, ...others] = parts.filter(({ instances }) => instances.size > 0)
  if (first !== undefined) {
    const stages = ({ name, instances }: (typeof parts)[number]) => [
      { $match: { _id: { $in: [...instances.keys()] } } },
      { $replaceWith: { of: { $literal: name }, doc: '$$ROOT' } },
    ]
    const unions = others.map((part) => ({ $unionWith: { coll: part.definition.name, pipeline: stages(part) } }))
    const found = database
      .collection(first.definition.name)
      .aggregate<{ of: string; doc: Stored }>([...stages(first), ...unions], { maxTimeMS: readTimeLimitMs, batchSize })
    for (const { of, doc } of await found.toArray()) {
      const part = parts.find(({ name }) => name === of)
      // A global document may say an instance too, as a member like any other.
      const instanceId = part?.definition.scope === 'instance' ? (doc.instanceId ?? null) : null
      if (part?.instances.get(doc._id)?.has(instanceId)) part.found.push(unescapeKeys(doc))
    }
  }
  return Object.fromEntries(parts.map(({ name, found }) => [name, found])) as FoundById<Wanted>
}

type Stored = driver.Document & { readonly _id: string; readonly instanceId?: string }

/** A group of commands has it all with the first answer. */
const batchSize = 1_000

function instancesById(keys: readonly DocumentKey[]): Map<string, Set<string | null>> {
  const instances = new Map<string, Set<string | null>>()
  for (const { instanceId, id } of keys) {
    const ofId = instances.get(id)
    if (ofId) ofId.add(instanceId)
    else instances.set(id, new Set([instanceId]))
  }
  return instances
}
