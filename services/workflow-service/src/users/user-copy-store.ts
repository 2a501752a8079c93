import { deletedKeptSeconds } from '@user-provisioning/contracts/topics'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'
import { insert, update, type Write } from '@user-provisioning/mongo/write'
import type { UserCopy } from './user-copy.ts'

export type StoredUserCopy = UserCopy & {
  readonly _id: string
  readonly instanceId: string
  /** When the user was deleted; null while it is not. */
  readonly deletedAt: Date | null
}

export const userCopies = defineCollection<StoredUserCopy>({
  name: 'users',
  scope: 'instance',
  schema: {
    version: { type: Number, required: true },
    fieldsVersion: { type: Number, required: true },
    fields: Object,
    state: { type: String, required: true },
    userName: String,
    managed: Boolean,
    links: [Object],
    revision: { type: Number, required: true },
    deleted: Boolean,
    deletedAt: Date,
  },
  indexes: [
    { keys: { deletedAt: 1 }, options: { expireAfterSeconds: deletedKeptSeconds } },
    { keys: { instanceId: 1, _id: 1 } },
    { keys: { instanceId: 1, 'links.objectId': 1, _id: 1 } },
  ],
})

/** The write that takes a user's copy from `before`, as it was read, to `after`. */
export function writeCopy(
  key: { instanceId: string; userId: string },
  before: UserCopy | undefined,
  after: UserCopy,
  now: Date,
): Write {
  const { instanceId, userId: _id } = key
  const members = { ...after, deletedAt: after.deleted ? now : null }
  if (!before) return insert(userCopies, instanceId, { _id, ...members })
  // The same user may be in two hands: a fact of its own, and a rule that is run for everyone.
  return update(userCopies, instanceId, { _id, revision: before.revision }, { $set: members })
}
