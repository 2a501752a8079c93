import type { mongo as driver } from 'mongoose'
import type { CollectionDefinition } from './collection-definition.ts'
import { type CollectionReads, collectionReads } from './collection-reads.ts'
import {
  bindQuery,
  type Change,
  type Expectation,
  insert,
  type NewDocument,
  type Query,
  remove,
  update,
  type Write,
} from './write.ts'

/**
 * A collection as seen from one instance. Every filter is AND-ed under it and every write carries it, so that forgetting
 * the instance cannot be written. Writes are data, for a transaction or the committer to carry out.
 */
export interface BoundCollection<Doc extends { _id: string }> extends CollectionReads<Doc> {
  readonly instanceId: string
  insert(doc: NewDocument<Doc>): Write
  update(filter: Query, change: Change, options?: { upsert?: boolean; expect?: Expectation }): Write
  remove(filter: Query, options?: { expect?: Expectation }): Write
}

/** @throws Error for a collection of scope `global`, or no instance */
export function boundCollection<Doc extends { _id: string }>(
  database: driver.Db,
  definition: CollectionDefinition<Doc>,
  instanceId: string,
): BoundCollection<Doc> {
  if (definition.scope !== 'instance') throw new Error(`${definition.name} is not bound to instances`)
  const bind = (filter: Query) => bindQuery(definition, instanceId, filter)
  bind({})
  return {
    instanceId,
    ...collectionReads<Doc>(database.collection(definition.name), bind),
    insert: (doc) => insert(definition, instanceId, doc),
    update: (filter, change, options) => update(definition, instanceId, filter, change, options),
    remove: (filter, options) => remove(definition, instanceId, filter, options),
  }
}
