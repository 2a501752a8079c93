import { defineCollection } from '@user-provisioning/mongo/collection-definition'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { fold } from '@user-provisioning/scim/fold'
import type { StoredObject } from './object.ts'

/** The name is unique in its instance and type, ignoring case: the index decides. */
export const objects = defineCollection<StoredObject>({
  name: 'objects',
  scope: 'instance',
  schema: {
    type: { type: String, required: true },
    name: { type: String, required: true },
    foldedName: { type: String, required: true },
    version: { type: Number, required: true },
    createdAt: { type: Date, required: true },
    changedAt: { type: Date, required: true },
  },
  indexes: [
    { keys: { instanceId: 1, foldedName: 1, type: 1 }, options: { unique: true } },
    { keys: { instanceId: 1, _id: 1 } },
  ],
})

/** Which object is meant: its name may be in any case. */
export interface ObjectName {
  readonly instanceId: string
  readonly type: string
  readonly name: string
}

/** Objects by instance, type and name. */
export interface ObjectBook {
  find(wanted: ObjectName): StoredObject | undefined
  /** One that was decided on but is not stored yet: seen by the decisions that follow in its group. */
  add(object: StoredObject): void
}

export function objectBook(stored: readonly StoredObject[]): ObjectBook {
  const keyOf = ({ instanceId, type, name }: ObjectName) => JSON.stringify([instanceId, type, fold(name)])
  const byName = new Map(stored.map((object) => [keyOf(object), object]))
  return {
    find: (wanted) => byName.get(keyOf(wanted)),
    add: (object) => void byName.set(keyOf(object), object),
  }
}

/** Reads all objects of these names at once. */
export async function readObjects(mongo: Mongo, wanted: readonly ObjectName[]): Promise<ObjectBook> {
  const clauses = [...Map.groupBy(wanted, ({ instanceId }) => instanceId)].map(([instanceId, ofInstance]) => ({
    instanceId,
    filter: { foldedName: { $in: [...new Set(ofInstance.map(({ name }) => fold(name)))] } },
  }))
  return objectBook(await mongo.findInEach(objects, clauses))
}
