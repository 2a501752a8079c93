import { defineCollection } from '@user-provisioning/mongo/collection-definition'

/** One member of one group; never an array in the group, so that adding costs the same in a small and a large one. */
export interface MembershipDocument {
  /** `<group id>/<member id>` */
  readonly _id: string
  readonly instanceId: string
  readonly groupId: string
  readonly memberId: string
  readonly memberType: 'User' | 'Group'
  /** The member is unknown, deleted or invisible: stored as such, never shown. */
  readonly pending: boolean
  readonly addedAt: Date
  /** Workflow rules made it, so they may end it; what an admin or an IdP made is not theirs. */
  readonly byRules?: boolean
}

export const memberships = defineCollection<MembershipDocument>({
  name: 'memberships',
  scope: 'instance',
  schema: {
    groupId: { type: String, required: true },
    memberId: { type: String, required: true },
    memberType: { type: String, required: true },
    pending: { type: Boolean, required: true },
    addedAt: { type: Date, required: true },
    byRules: Boolean,
  },
  indexes: [
    { keys: { instanceId: 1, groupId: 1, pending: 1, memberId: 1 } },
    { keys: { instanceId: 1, memberId: 1, groupId: 1 } },
  ],
})

export function membershipId(groupId: string, memberId: string): string {
  return `${groupId}/${memberId}`
}
