import type { GroupImage } from '@user-provisioning/contracts/images'
import { deletedKeptSeconds } from '@user-provisioning/contracts/topics'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'
import { insert, update, type Write } from '@user-provisioning/mongo/write'
import { matchKey } from '../objects/object.ts'

/** What is kept of a group from its last fact, so that rules can make users members of it. */
export interface GroupCopy {
  readonly _id: string
  readonly instanceId: string
  readonly name: string
  /** What its name is found by; empty for a deleted group. */
  readonly matchName: string
  /** An IdP's group: its members are the IdP's. */
  readonly managed: boolean
  readonly version: number
  /** When it was deleted; null while it is not. */
  readonly deletedAt: Date | null
}

export const groupCopies = defineCollection<GroupCopy>({
  name: 'groups',
  scope: 'instance',
  schema: {
    name: { type: String, required: true },
    matchName: String,
    managed: { type: Boolean, required: true },
    version: { type: Number, required: true },
    deletedAt: Date,
  },
  indexes: [
    { keys: { instanceId: 1, matchName: 1 } },
    { keys: { instanceId: 1, _id: 1 } },
    { keys: { deletedAt: 1 }, options: { expireAfterSeconds: deletedKeptSeconds } },
  ],
})

export function copyOfGroup(instanceId: string, group: GroupImage, now: Date): GroupCopy {
  const isDeleted = group.state === 'deleted'
  return {
    _id: group.id,
    instanceId,
    name: group.displayName,
    matchName: isDeleted ? '' : matchKey(group.displayName),
    managed: group.scimSyncId !== null,
    version: group.version,
    deletedAt: isDeleted ? now : null,
  }
}

/** The write that takes a group's copy from `before`, as it was read, to `after`. */
export function writeGroupCopy(before: GroupCopy | undefined, after: GroupCopy): Write {
  if (before === undefined) return insert(groupCopies, after.instanceId, after)
  const { _id, instanceId, ...$set } = after
  return update(groupCopies, instanceId, { _id, version: before.version }, { $set })
}
