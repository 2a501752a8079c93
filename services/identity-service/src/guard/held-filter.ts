import type { Query } from '@user-provisioning/mongo/write'

/** Which held changes are meant: all, those of some users, or of one kind. */
export interface Chosen {
  readonly userIds?: readonly string[] | undefined
  readonly change?: 'suspend' | 'delete' | undefined
}

export function chosenHeld({ userIds, change }: Chosen): Query {
  return {
    ...(userIds === undefined ? {} : { _id: { $in: [...userIds] } }),
    ...(change === undefined ? {} : { change }),
  }
}
