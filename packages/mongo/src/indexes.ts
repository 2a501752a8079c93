import { mongo as driver } from 'mongoose'
import type { CollectionDefinition } from './collection-definition.ts'

const namespaceExists = 48

/**
 * Makes the collections and indexes that are missing; never drops one. Collections are made here and not by their first
 * write, which may be inside a transaction.
 * @throws the server's error when an index of the same name or keys exists with other options
 */
export async function createIndexes(
  database: driver.Db,
  definitions: readonly Pick<CollectionDefinition, 'name' | 'indexes'>[],
): Promise<void> {
  const present = new Set((await database.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name))
  for (const { name, indexes } of definitions) {
    if (!present.has(name)) await database.createCollection(name).catch(ignoreExisting)
    if (indexes.length === 0) continue
    await database
      .collection(name)
      .createIndexes(indexes.map(({ keys, options }) => ({ key: { ...keys }, ...options }) as driver.IndexDescription))
  }
}

function ignoreExisting(err: unknown): void {
  if (!(err instanceof driver.MongoServerError) || err.code !== namespaceExists) throw err
}
