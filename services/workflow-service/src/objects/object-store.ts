import { defineCollection, ofText } from '@user-provisioning/mongo/collection-definition'
import { insert, remove, update, type Write } from '@user-provisioning/mongo/write'
import type { StoredObject } from './object.ts'

/** A name means one object of its instance and type, and so does a code: the indexes decide. */
export const objects = defineCollection<StoredObject>({
  name: 'objects',
  scope: 'instance',
  schema: {
    type: { type: String, required: true },
    name: { type: String, required: true },
    code: String,
    aliases: [String],
    matchNames: [String],
    matchCode: String,
    version: { type: Number, required: true },
    createdAt: { type: Date, required: true },
    changedAt: { type: Date, required: true },
  },
  indexes: [
    { keys: { instanceId: 1, matchNames: 1, type: 1 }, options: { unique: true } },
    {
      keys: { instanceId: 1, type: 1, matchCode: 1 },
      options: { unique: true, ...ofText('matchCode') },
    },
    { keys: { instanceId: 1, _id: 1 } },
  ],
})

/** The write that takes an object from `before`, as it was read, to `after`; null: it is not there. */
export function writeObject(before: StoredObject | null, after: StoredObject | null): Write {
  if (before === null) {
    if (after === null) throw new Error('nothing becomes nothing')
    return insert(objects, after.instanceId, after)
  }
  const { _id, instanceId, version } = before
  if (after === null) return remove(objects, instanceId, { _id, version })
  const { name, code, aliases, matchNames, matchCode, changedAt } = after
  const $set = { name, code, aliases, matchNames, matchCode, version: after.version, changedAt }
  return update(objects, instanceId, { _id, version }, { $set })
}
