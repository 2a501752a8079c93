import type { MappingSetRecord } from '@user-provisioning/contracts/mapping-set'
import { fold } from '@user-provisioning/scim/fold'
import type { AccessTokenDocument } from '../access-tokens/access-token-document.ts'
import type { ApiKeyDocument } from '../api-keys/api-key-document.ts'
import type { GroupDocument } from '../groups/group-document.ts'
import type { HeldDocument } from '../guard/guard-document.ts'
import type { GuardSeen } from '../guard/read-guard-state.ts'
import type { InstanceDocument } from '../instances/instance-document.ts'
import { type MembershipDocument, membershipId } from '../memberships/membership-document.ts'
import type { PickUpDocument } from '../pick-ups/pick-up-document.ts'
import type { SigningKeyDocument } from '../signing-keys/signing-key-document.ts'
import type { UserDocument, UserNameClaim } from '../users/user-document.ts'
import { type Effect, heldName } from './effect.ts'

/** What the commands of a committing group ask to see. All of it is read at once. */
export interface Wants {
  instance(id: string): void
  instanceNamed(name: string): void
  /** A user or group, of whatever kind it is. */
  entity(instanceId: string, id: string): void
  user(instanceId: string, id: string): void
  /**
   * A user that may be about to come into being; its groups and pending reports too, where it is there already. An id that
   * was minted a moment ago has neither, and a create need not look for them.
   */
  newcomer(instanceId: string, id: string): void
  /** The holder of a user name, in whatever instance it is; seen as a user where it is the asker's. */
  userName(instanceId: string, name: string): void
  /** Who had a name that nobody holds, looked for where the instance revives those who come back. */
  formerHolder(instanceId: string, name: string): void
  /** Users whose manager this one would be, if it were managed; of more than 500 only so many that it shows. */
  reportsPendingFor(instanceId: string, managerId: string): void
  /** Users whose Direct Manager this one is, to the same number. */
  reportsOf(instanceId: string, managerId: string): void
  /** A user that is named as a manager, and the managers above it where it is a new one of `reportId`. */
  manager(instanceId: string, managerId: string, reportId: string): void
  /** The managers above a user. */
  managersAbove(instanceId: string, userId: string): void
  /** Where an instance's deprovision guard is on: how it stands, and what it holds of a user. */
  guarded(instanceId: string, userId: string): void
  /** How it stands, whether it is on or not. */
  guard(instanceId: string): void
  held(instanceId: string, userId: string): void
  group(instanceId: string, id: string): void
  /** The groups that rules link a user to, and whether it is a member of them. */
  linkedGroups(instanceId: string, userId: string): void
  groupNamed(instanceId: string, name: string): void
  /** Whether an entity is a member of a group. */
  membership(instanceId: string, groupId: string, memberId: string): void
  /** How many members a group has that are seen. */
  memberCount(instanceId: string, groupId: string): void
  /** The members of a group, where all of them are to be replaced; of more than 1,000 only so many that it shows. */
  membersOf(instanceId: string, groupId: string): void
  /** The groups that an entity is a member of, and those above them; of more than 1,000 only so many that it shows. */
  groupsOf(instanceId: string, memberId: string): void
  /** That a user or group was picked up. */
  pickUp(instanceId: string, id: string): void
  apiKey(instanceId: string, id: string): void
  /** The API keys that hold the slots of an instance. */
  slotsOf(instanceId: string): void
  signingKey(kid: string): void
  accessToken(id: string): void
}

export type ManagedUser = Pick<UserDocument, '_id' | 'instanceId' | 'directManager'>

/** The documents that were read, by their ids. */
export interface ViewDocuments {
  readonly instances?: readonly InstanceDocument[]
  readonly users?: readonly UserDocument[]
  /** Of users of whom nothing else is seen, who manages them. */
  readonly managed?: readonly ManagedUser[]
  readonly userNames?: readonly UserNameClaim[]
  readonly groups?: readonly GroupDocument[]
  readonly memberships?: readonly MembershipDocument[]
  readonly memberCounts?: ReadonlyMap<string, number>
  readonly guards?: readonly GuardSeen[]
  readonly held?: readonly HeldDocument[]
  readonly pickUps?: readonly PickUpDocument[]
  readonly apiKeys?: readonly ApiKeyDocument[]
  readonly signingKeys?: readonly SigningKeyDocument[]
  readonly accessTokens?: readonly AccessTokenDocument[]
  /** What each instance's mapping set writes, held in memory. */
  readonly mappingSets?: MappingSetsKnown
}

/** The mapping sets that were saved, by instance. */
export interface MappingSetsKnown {
  get(instanceId: string): MappingSetRecord | undefined
}

/** What was read for a committing group, with what its earlier commands have decided. */
export interface View {
  instance(id: string): InstanceDocument | undefined
  instanceNamed(name: string): InstanceDocument | undefined
  /** Of this instance alone, tombstones too. */
  user(instanceId: string, id: string): UserDocument | undefined
  userName(name: string): UserNameClaim | undefined
  /** Who had the name last, of the deleted ones that were looked for. */
  formerHolder(instanceId: string, name: string): UserDocument | undefined
  reportsPendingFor(instanceId: string, managerId: string): UserDocument[]
  reportsOf(instanceId: string, managerId: string): UserDocument[]
  /** The Direct Manager of a user, as far as it was asked for; null where there is none. */
  managerOf(instanceId: string, userId: string): string | null
  guard(instanceId: string): GuardSeen | undefined
  held(instanceId: string, userId: string): HeldDocument | undefined
  group(instanceId: string, id: string): GroupDocument | undefined
  groupNamed(instanceId: string, name: string): GroupDocument | undefined
  membership(groupId: string, memberId: string): MembershipDocument | undefined
  /** As it was read: 0 where nobody asked. */
  memberCount(groupId: string): number
  membersOf(groupId: string): MembershipDocument[]
  groupsOf(memberId: string): MembershipDocument[]
  pickUp(id: string): PickUpDocument | undefined
  apiKey(instanceId: string, id: string): ApiKeyDocument | undefined
  slotsOf(instanceId: string): ApiKeyDocument[]
  signingKey(kid: string): SigningKeyDocument | undefined
  accessToken(id: string): AccessTokenDocument | undefined
  /** Undefined where the instance has the predefined rows. */
  mappingSet(instanceId: string): MappingSetRecord | undefined
  /** From here on the effects of a decision are seen as if they were written. */
  apply(effects: readonly Effect[]): void
}

export function viewOf(documents: ViewDocuments): View {
  const instances = byId(documents.instances)
  const users = byId(documents.users)
  const managed = byId(documents.managed)
  const names = byId(documents.userNames)
  const groups = byId(documents.groups)
  const memberships = byId(documents.memberships)
  const pickUps = byId(documents.pickUps)
  const apiKeys = byId(documents.apiKeys)
  const guards = new Map(documents.guards?.map((guard) => [guard.instanceId, guard]))
  const held = byId(documents.held)
  const signingKeys = byId(documents.signingKeys)
  const accessTokens = byId(documents.accessTokens)

  function changeGuard(instanceId: string, change: (guard: GuardSeen) => Partial<GuardSeen>): void {
    const guard = guards.get(instanceId)
    if (guard !== undefined) guards.set(instanceId, { ...guard, ...change(guard) })
  }

  function countHeld({ instanceId, change }: HeldDocument, by: 1 | -1): void {
    changeGuard(instanceId, ({ held: now }) => ({ held: { ...now, [change]: now[change] + by } }))
  }

  function applyOne(effect: Effect): void {
    switch (effect.kind) {
      case 'user': {
        const { before, after } = effect
        users.set(after._id, after)
        const old = heldName(before)
        const now = heldName(after)
        if (old !== null && old !== now) names.delete(old)
        if (now !== null) names.set(now, { _id: now, instanceId: after.instanceId, userId: after._id })
        return
      }
      case 'group':
        groups.set(effect.after._id, effect.after)
        return
      case 'membership':
        if (effect.after === null) memberships.delete(effect.before._id)
        else memberships.set(effect.after._id, effect.after)
        return
      case 'guard':
        changeGuard(effect.after.instanceId, () => ({ document: effect.after }))
        return
      case 'deprovision':
        changeGuard(effect.after.instanceId, ({ count }) => ({ count: count + 1 }))
        return
      case 'held':
        if (effect.before !== null) countHeld(effect.before, -1)
        if (effect.after !== null) countHeld(effect.after, 1)
        if (effect.after === null) held.delete(effect.before._id)
        else held.set(effect.after._id, effect.after)
        return
      case 'held-dropped':
        changeGuard(effect.instanceId, () => ({ held: effect.held }))
        for (const { _id, change, instanceId } of [...held.values()]) {
          const { userIds = [_id], change: kind = change } = effect.chosen
          if (instanceId === effect.instanceId && userIds.includes(_id) && kind === change) held.delete(_id)
        }
        return
      case 'pick-up':
        return
      case 'instance':
        instances.set(effect.after._id, effect.after)
        return
      case 'api-key':
        apiKeys.set(effect.after._id, effect.after)
        return
      case 'signing-key':
        signingKeys.set(effect.after._id, effect.after)
        return
      case 'access-token':
        accessTokens.set(effect.after._id, effect.after)
    }
  }

  return {
    instance: (id) => instances.get(id),
    instanceNamed: (name) => first(instances, ({ searchName }) => searchName === fold(name)),
    user: (instanceId, id) => of(instanceId, users.get(id)),
    userName: (name) => names.get(fold(name)),
    formerHolder: (instanceId, name) =>
      all(
        users,
        (user) => user.state === 'deleted' && user.instanceId === instanceId && user.search.userName === fold(name),
      ).reduce<UserDocument | undefined>(
        (last, user) => (last && last.changedAt >= user.changedAt ? last : user),
        undefined,
      ),
    reportsPendingFor: (instanceId, managerId) =>
      all(users, (user) => user.visible && user.instanceId === instanceId && user.pendingManager === managerId),
    reportsOf: (instanceId, managerId) =>
      all(users, (user) => user.visible && user.instanceId === instanceId && user.directManager === managerId),
    managerOf: (instanceId, id) => of(instanceId, users.get(id) ?? managed.get(id))?.directManager ?? null,
    guard: (instanceId) => guards.get(instanceId),
    held: (instanceId, userId) => of(instanceId, held.get(userId)),
    group: (instanceId, id) => of(instanceId, groups.get(id)),
    groupNamed: (instanceId, name) =>
      first(
        groups,
        (group) =>
          group.state === 'active' && group.instanceId === instanceId && fold(group.displayName) === fold(name),
      ),
    membership: (groupId, memberId) => memberships.get(membershipId(groupId, memberId)),
    memberCount: (groupId) => documents.memberCounts?.get(groupId) ?? 0,
    membersOf: (groupId) => all(memberships, (membership) => membership.groupId === groupId),
    groupsOf: (memberId) => all(memberships, (membership) => membership.memberId === memberId),
    pickUp: (id) => pickUps.get(id),
    apiKey: (instanceId, id) => of(instanceId, apiKeys.get(id)),
    slotsOf: (instanceId) => all(apiKeys, (key) => key.holdsSlot && key.instanceId === instanceId),
    signingKey: (kid) => signingKeys.get(kid),
    accessToken: (id) => accessTokens.get(id),
    mappingSet: (instanceId) => documents.mappingSets?.get(instanceId),
    apply: (effects) => effects.forEach(applyOne),
  }
}

function byId<Document extends { readonly _id: string }>(documents: readonly Document[] = []): Map<string, Document> {
  return new Map(documents.map((document) => [document._id, document]))
}

function of<Document extends { readonly instanceId: string }>(
  instanceId: string,
  document: Document | undefined,
): Document | undefined {
  return document?.instanceId === instanceId ? document : undefined
}

function first<Document>(documents: ReadonlyMap<string, Document>, test: (document: Document) => boolean) {
  return all(documents, test)[0]
}

function all<Document>(documents: ReadonlyMap<string, Document>, test: (document: Document) => boolean): Document[] {
  return [...documents.values()].filter(test)
}
