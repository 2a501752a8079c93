import type { Mongo } from '@user-provisioning/mongo/connection'
import { fold } from '@user-provisioning/scim/fold'
import { accessTokens } from '../access-tokens/access-token-document.ts'
import { apiKeys } from '../api-keys/api-key-document.ts'
import { groups } from '../groups/group-document.ts'
import { heldChanges } from '../guard/guard-document.ts'
import { readGuardState } from '../guard/read-guard-state.ts'
import { instances } from '../instances/instance-document.ts'
import { isGroupLink } from '../memberships/group-links.ts'
import { membershipId, memberships } from '../memberships/membership-document.ts'
import { mostMemberships, readBounded, readUpwards } from '../memberships/read-memberships.ts'
import { pickUps } from '../pick-ups/pick-up-document.ts'
import { clausesOf } from '../queries/clauses.ts'
import { settingsOf } from '../settings/settings.ts'
import { signingKeys } from '../signing-keys/signing-key-document.ts'
import { longestChain } from '../users/direct-manager.ts'
import { mostReports } from '../users/reports.ts'
import { type UserDocument, userNames, users } from '../users/user-document.ts'
import { type ManagedUser, type MappingSetsKnown, type View, type ViewDocuments, viewOf, type Wants } from './view.ts'

/** Ids by instance. */
class ByInstance {
  readonly #ids = new Map<string, Set<string>>()

  add(instanceId: string, id: string): void {
    const ids = this.#ids.get(instanceId)
    if (ids) ids.add(id)
    else this.#ids.set(instanceId, new Set([id]))
  }

  has(instanceId: string, id: string): boolean {
    return this.#ids.get(instanceId)?.has(id) ?? false
  }

  keys(): { instanceId: string; id: string }[] {
    return [...this.#ids].flatMap(([instanceId, ids]) => [...ids].map((id) => ({ instanceId, id })))
  }
}

/** A user that is named as a manager: who is above it counts where it becomes the manager of one that is there already. */
interface Chain {
  readonly instanceId: string
  readonly managerId: string
  readonly reportId: string | null
}

/** What is asked to be seen. */
function gather(ask: (want: Wants) => void) {
  const wanted = {
    instances: new Set<string>(),
    instanceNames: new Set<string>(),
    users: new ByInstance(),
    newcomers: new ByInstance(),
    names: new ByInstance(),
    formerNames: new ByInstance(),
    managers: new ByInstance(),
    managersOfReports: new ByInstance(),
    chains: [] as Chain[],
    groups: new ByInstance(),
    groupNames: new ByInstance(),
    linked: new ByInstance(),
    memberships: new ByInstance(),
    groupsWithMembers: new ByInstance(),
    counted: new ByInstance(),
    guarded: new ByInstance(),
    guards: new Set<string>(),
    held: new ByInstance(),
    members: new ByInstance(),
    pickUps: new ByInstance(),
    apiKeys: new ByInstance(),
    slots: new Set<string>(),
    signingKeys: new Set<string>(),
    accessTokens: new Set<string>(),
  }
  const wants: Wants = {
    instance: (id) => void wanted.instances.add(id),
    instanceNamed: (name) => void wanted.instanceNames.add(fold(name)),
    entity(instanceId, id) {
      wanted.users.add(instanceId, id)
      wanted.groups.add(instanceId, id)
    },
    user: (instanceId, id) => wanted.users.add(instanceId, id),
    newcomer(instanceId, id) {
      wanted.users.add(instanceId, id)
      wanted.newcomers.add(instanceId, id)
    },
    userName: (instanceId, name) => wanted.names.add(instanceId, fold(name)),
    formerHolder: (instanceId, name) => wanted.formerNames.add(instanceId, fold(name)),
    reportsPendingFor: (instanceId, managerId) => wanted.managers.add(instanceId, managerId),
    reportsOf: (instanceId, managerId) => wanted.managersOfReports.add(instanceId, managerId),
    manager(instanceId, managerId, reportId) {
      wanted.users.add(instanceId, managerId)
      wanted.chains.push({ instanceId, managerId, reportId })
    },
    managersAbove(instanceId, managerId) {
      wanted.users.add(instanceId, managerId)
      wanted.chains.push({ instanceId, managerId, reportId: null })
    },
    group: (instanceId, id) => wanted.groups.add(instanceId, id),
    linkedGroups: (instanceId, userId) => wanted.linked.add(instanceId, userId),
    groupNamed: (instanceId, name) => wanted.groupNames.add(instanceId, fold(name)),
    membership: (instanceId, groupId, memberId) => wanted.memberships.add(instanceId, membershipId(groupId, memberId)),
    guarded: (instanceId, userId) => wanted.guarded.add(instanceId, userId),
    guard: (instanceId) => void wanted.guards.add(instanceId),
    held: (instanceId, userId) => wanted.held.add(instanceId, userId),
    memberCount: (instanceId, groupId) => wanted.counted.add(instanceId, groupId),
    membersOf: (instanceId, groupId) => wanted.groupsWithMembers.add(instanceId, groupId),
    groupsOf: (instanceId, memberId) => wanted.members.add(instanceId, memberId),
    pickUp: (instanceId, id) => wanted.pickUps.add(instanceId, id),
    apiKey: (instanceId, id) => wanted.apiKeys.add(instanceId, id),
    slotsOf: (instanceId) => void wanted.slots.add(instanceId),
    signingKey: (kid) => void wanted.signingKeys.add(kid),
    accessToken: (id) => void wanted.accessTokens.add(id),
  }
  ask(wants)
  return wanted
}

/**
 * Reads what commands have to see, in one round of reads side by side. A second round follows only for what the
 * first one names: the native behind a taken name, the groups that a user is in, the integration user of a new API key; and
 * one more for a user that is picked up.
 */
export function viewReader(mongo: Mongo, mappingSets: MappingSetsKnown) {
  /** An API key's integration user is for ever the same. */
  const integrationUsers = new Map<string, string>()

  return async function readView(ask: (want: Wants) => void): Promise<View> {
    const wanted = gather(ask)
    for (const { instanceId, id } of wanted.apiKeys.keys()) {
      const userId = integrationUsers.get(id)
      if (userId !== undefined) wanted.users.add(instanceId, userId)
    }
    const names = new Set(wanted.names.keys().map(({ id }) => id))
    const [byIds, namedInstances, reportsPending, reports, namedGroups, allMembers, groupsOfMembers, slots, counts] =
      await Promise.all([
        mongo.readTogether({
          users: { definition: users, keys: wanted.users.keys() },
          userNames: { definition: userNames, keys: globalKeys(names) },
          instances: { definition: instances, keys: globalKeys(wanted.instances) },
          apiKeys: { definition: apiKeys, keys: wanted.apiKeys.keys() },
          pickUps: { definition: pickUps, keys: wanted.pickUps.keys() },
          groups: { definition: groups, keys: wanted.groups.keys() },
          memberships: { definition: memberships, keys: wanted.memberships.keys() },
          signingKeys: { definition: signingKeys, keys: globalKeys(wanted.signingKeys) },
          accessTokens: { definition: accessTokens, keys: globalKeys(wanted.accessTokens) },
        }),
        wanted.instanceNames.size === 0
          ? []
          : mongo.global(instances).find({ searchName: { $in: [...wanted.instanceNames] } }),
        readReports(mongo, 'pendingManager', wanted.managers.keys()),
        readReports(mongo, 'directManager', wanted.managersOfReports.keys()),
        mongo.findInEach(groups, clausesOf('search.displayName', wanted.groupNames.keys(), { state: 'active' })),
        readBounded(mongo, 'groupId', wanted.groupsWithMembers.keys()),
        readBounded(mongo, 'memberId', wanted.members.keys()),
        mongo.findInEach(
          apiKeys,
          [...wanted.slots].map((instanceId) => ({ instanceId, filter: { holdsSlot: true } })),
        ),
        Promise.all(
          wanted.counted.keys().map(async ({ instanceId, id: groupId }) => {
            const count = await mongo.bound(memberships, instanceId).count({ groupId, pending: false })
            return [groupId, count] as const
          }),
        ),
      ])

    const notNew = new ByInstance()
    for (const { instanceId, _id } of byIds.users)
      if (wanted.newcomers.has(instanceId, _id)) notNew.add(instanceId, _id)
    const takenNames = new Set(byIds.userNames.map(({ _id }) => _id))
    const reviving = new Set(
      byIds.instances.filter((each) => settingsOf(each).reHirePolicy === 'revive').map(({ _id }) => _id),
    )
    const former = wanted.formerNames
      .keys()
      .filter(({ instanceId, id }) => reviving.has(instanceId) && !takenNames.has(id))
    const [reportsOfNotNew, groupsOfNotNew, formerHolders] = await Promise.all([
      readReports(mongo, 'pendingManager', notNew.keys()),
      readBounded(mongo, 'memberId', notNew.keys()),
      mongo.findInEach(users, clausesOf('search.userName', former, { state: 'deleted' })),
    ])

    const moreUsers = new ByInstance()
    const moreGroups = new ByInstance()
    const moreMemberships = new ByInstance()
    for (const { instanceId, _id, links } of byIds.users) {
      if (links.length === 0 || !wanted.linked.has(instanceId, _id)) continue
      for (const { objectId } of links.filter(isGroupLink)) {
        moreMemberships.add(instanceId, membershipId(objectId, _id))
        if (!wanted.groups.has(instanceId, objectId)) moreGroups.add(instanceId, objectId)
      }
    }
    for (const { instanceId, _id, formerGroups = [] } of byIds.users) {
      if (!notNew.has(instanceId, _id) || !reviving.has(instanceId)) continue
      for (const id of formerGroups) if (!wanted.groups.has(instanceId, id)) moreGroups.add(instanceId, id)
    }
    const sizes = Map.groupBy(allMembers, ({ groupId }) => groupId)
    for (const { instanceId, _id, userId } of byIds.userNames) {
      if (wanted.names.has(instanceId, _id) && !wanted.users.has(instanceId, userId)) moreUsers.add(instanceId, userId)
    }
    for (const { _id, instanceId, integrationUserId } of byIds.apiKeys) {
      integrationUsers.set(_id, integrationUserId)
      if (!wanted.users.has(instanceId, integrationUserId)) moreUsers.add(instanceId, integrationUserId)
    }
    for (const { instanceId, memberId, memberType, groupId } of allMembers) {
      // Nobody decides about more members than go into one transaction.
      if ((sizes.get(groupId)?.length ?? 0) > mostMemberships) continue
      const [more, known] = memberType === 'User' ? [moreUsers, wanted.users] : [moreGroups, wanted.groups]
      if (!known.has(instanceId, memberId)) more.add(instanceId, memberId)
    }
    const isOn = new Set(byIds.instances.flatMap(({ _id, settings }) => (settings?.guard.enabled ? [_id] : [])))
    const guarded = wanted.guarded.keys().filter(({ instanceId }) => isOn.has(instanceId))
    const withGuard = new Set([...wanted.guards, ...guarded.map(({ instanceId }) => instanceId)])
    const [secondUsers, secondGroups, secondMemberships, above, managed, guards, held] = await Promise.all([
      mongo.readByIds(users, moreUsers.keys()),
      mongo.readByIds(groups, moreGroups.keys()),
      mongo.readByIds(memberships, moreMemberships.keys()),
      readUpwards(mongo, [...groupsOfMembers, ...groupsOfNotNew]),
      readManagersAbove(mongo, wanted.chains, byIds.users),
      Promise.all(
        byIds.instances.flatMap((instance) => (withGuard.has(instance._id) ? [readGuardState(mongo, instance)] : [])),
      ),
      mongo.readByIds(heldChanges, [...guarded, ...wanted.held.keys()]),
    ])

    return viewOf({
      ...byIds,
      instances: [...byIds.instances, ...namedInstances],
      users: [...byIds.users, ...reportsPending, ...reports, ...reportsOfNotNew, ...formerHolders, ...secondUsers],
      managed,
      memberCounts: new Map(counts),
      guards,
      held,
      groups: [...byIds.groups, ...namedGroups, ...secondGroups, ...above.groups],
      memberships: [...byIds.memberships, ...allMembers, ...secondMemberships, ...above.memberships],
      apiKeys: [...byIds.apiKeys, ...slots],
      mappingSets,
    } satisfies ViewDocuments)
  }
}

function globalKeys(ids: Iterable<string>) {
  return [...ids].map((id) => ({ instanceId: null, id }))
}

/** Users by their manager. Of one that has more than 500 there are more than 500, but not all of them. */
async function readReports(
  mongo: Mongo,
  path: 'pendingManager' | 'directManager',
  managers: readonly { readonly instanceId: string; readonly id: string }[],
): Promise<UserDocument[]> {
  const limit = mostReports + 1
  const together = await mongo.findInEach(users, clausesOf(path, managers), { limit })
  if (together.length < limit || managers.length === 1) return together
  const alone = managers.map((manager) => mongo.findInEach(users, clausesOf(path, [manager]), { limit }))
  return (await Promise.all(alone)).flat()
}

/** Who manages those above new managers, level by level: nothing is read where no manager is new, nor for users that are born. */
async function readManagersAbove(
  mongo: Mongo,
  chains: readonly Chain[],
  found: readonly UserDocument[],
): Promise<ManagedUser[]> {
  if (chains.length === 0) return []
  const known = new Map<string, ManagedUser>(found.map((user) => [user._id, user]))
  const above: ManagedUser[] = []
  let level = chains
    .filter(({ managerId, reportId }) => {
      const report = reportId === null ? undefined : known.get(reportId)
      return reportId === null || (report !== undefined && report.directManager !== managerId)
    })
    .flatMap(({ managerId }) => known.get(managerId) ?? [])
  for (let n = 0; level.length > 0 && n < longestChain; n++) {
    const unread = level.flatMap(({ instanceId, directManager: id }) =>
      id === null || known.has(id) ? [] : [{ instanceId, id }],
    )
    level = await mongo.findInEach(users, clausesOf('_id', unread), {
      projection: { instanceId: 1, directManager: 1 },
    })
    for (const user of level) known.set(user._id, user)
    above.push(...level)
  }
  return above
}
