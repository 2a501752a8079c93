import { deletedKeptSeconds } from '@user-provisioning/contracts/topics'
import { defineCollection, ofText } from '@user-provisioning/mongo/collection-definition'
import { insert, update, type Write } from '@user-provisioning/mongo/write'
import type { UserCopy } from './user-copy.ts'

export type StoredUserCopy = UserCopy & {
  readonly _id: string
  readonly instanceId: string
  /** When the user was deleted; null while it is not. */
  readonly deletedAt: Date | null
  /** When the rows were last applied. */
  readonly mappedAt: Date
}

export const userCopies = defineCollection<StoredUserCopy>({
  name: 'users',
  scope: 'instance',
  schema: {
    version: { type: Number, required: true },
    scimVersion: { type: Number, required: true },
    scim: Object,
    fields: Object,
    proposed: Object,
    problems: [Object],
    pickedUp: Boolean,
    deleted: Boolean,
    deletedAt: Date,
    mappedAt: Date,
  },
  indexes: [
    { keys: { deletedAt: 1 }, options: { expireAfterSeconds: deletedKeptSeconds } },
    { keys: { instanceId: 1, _id: 1 } },
    // Whom a newer set was not applied to.
    { keys: { instanceId: 1, 'proposed.mappingSetVersion': 1 } },
    // Few users have problems.
    { keys: { instanceId: 1, 'problems.code': 1, _id: 1 }, options: ofText('problems.code') },
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
  const mappedAt = after.proposed === before?.proposed ? {} : { mappedAt: now }
  const members = { ...after, ...mappedAt, deletedAt: after.deleted ? now : null }
  if (!before) return insert(userCopies, instanceId, { _id, mappedAt: now, ...members })
  return update(userCopies, instanceId, { _id, ...asRead(before) }, { $set: members })
}

/**
 * The copy as it was read, for a conditional write. A job that applies a newer set changes the pair and not the version: who
 * read the older set before must read again.
 */
function asRead({ version, proposed }: UserCopy) {
  return { version, 'proposed.mappingSetVersion': proposed?.mappingSetVersion ?? null }
}
