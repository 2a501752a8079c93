import { z } from 'zod'
import { actor, cause, change, warning } from './actor.ts'
import { groupImage, member, userImage } from './images.ts'

const fact = {
  /** `<requestId>/<n>`: however often it is announced, it is the same fact. */
  id: z.string(),
  instanceId: z.string(),
  entityId: z.string(),
  at: z.iso.datetime(),
  actor,
  cause,
  /** The request of the IdP or admin that everything which followed goes back to. */
  correlationId: z.string(),
  /** Announced again to fill or repair a reader of state: the history ignores it. */
  repeated: z.boolean().optional(),
  changes: z.array(change),
  warnings: z.array(warning),
}

export const userFactTypes = [
  'UserProvisioned',
  'UserCreated',
  'UserUpdated',
  'UserPickedUp',
  'UserSuspended',
  'UserReactivated',
  'UserDeleted',
  'UserRevived',
  'UserPickUpUndone',
  'FieldsChanged',
  'LinksChanged',
] as const

export const groupFactTypes = [
  'GroupProvisioned',
  'GroupCreated',
  'GroupUpdated',
  'GroupPickedUp',
  'GroupDeleted',
  'GroupPickUpUndone',
] as const

export const instanceFactTypes = [
  'InstanceCreated',
  'SettingsChanged',
  'IntegrationUserAppointed',
  'ApiKeyIssued',
  'ApiKeyRevoked',
  'GuardTripped',
  'GuardNearQuarantine',
  'GuardReleased',
  'GuardRejected',
  'CustomFieldsChanged',
] as const

/** Something about a user came true. `UserCreated` is a native one's birth, `UserProvisioned` an IdP's create. */
export const userFact = z.strictObject({
  type: z.enum(userFactTypes),
  ...fact,
  /** Nobody is invited on the way in (3.2): a consumer that sends mail must not send any for this. */
  invite: z.literal(false).optional(),
  user: userImage,
})
export const groupFact = z.strictObject({ type: z.enum(groupFactTypes), ...fact, group: groupImage })
/** The difference of a group's members, in parts of at most 1,000. */
export const membersFact = z.strictObject({
  type: z.literal('MembersChanged'),
  ...fact,
  group: groupImage,
  added: z.array(member),
  removed: z.array(member),
})
export const instanceFact = z.strictObject({ type: z.enum(instanceFactTypes), ...fact, subject: z.string() })

/** What identity-service announces: what is now true of a user, a group or an instance. */
export const identityFact = z.discriminatedUnion('type', [userFact, groupFact, membersFact, instanceFact])

export type UserFact = z.infer<typeof userFact>
export type GroupFact = z.infer<typeof groupFact>
export type MembersFact = z.infer<typeof membersFact>
export type InstanceFact = z.infer<typeof instanceFact>
export type IdentityFact = z.infer<typeof identityFact>
export type UserFactType = UserFact['type']
export type GroupFactType = GroupFact['type']
