import type { mongo as driver } from 'mongoose'
import type { CollectionDefinition } from './collection-definition.ts'
import { type CollectionReads, collectionReads } from './collection-reads.ts'
import { bindQuery } from './write.ts'

/** A collection that spans instances, such as name claims: read as a whole. */
export type GlobalCollection<Doc extends { _id: string }> = CollectionReads<Doc>

/** @throws Error for a collection that is bound to instances */
export function globalCollection<Doc extends { _id: string }>(
  database: driver.Db,
  definition: CollectionDefinition<Doc>,
): GlobalCollection<Doc> {
  if (definition.scope !== 'global') throw new Error(`${definition.name} is bound to instances: name one`)
  return collectionReads<Doc>(database.collection(definition.name), (filter) => bindQuery(definition, null, filter))
}
