import type { Mongo } from '@user-provisioning/mongo/connection'
import { fold } from '@user-provisioning/scim/fold'
import { accessTokens } from '../access-tokens/access-token-document.ts'
import { apiKeys } from '../api-keys/api-key-document.ts'
import { groups } from '../groups/group-document.ts'
import { instances } from '../instances/instance-document.ts'
import { isGroupLink } from '../memberships/group-links.ts'
import { membershipId, memberships } from '../memberships/membership-document.ts'
import { mostMemberships, readBounded, readUpwards } from '../memberships/read-memberships.ts'
import { clausesOf } from '../queries/clauses.ts'
import { signingKeys } from '../signing-keys/signing-key-document.ts'
import { userNames, users } from '../users/user-document.ts'
import { type MappingSetsKnown, type View, type ViewDocuments, viewOf, type Wants } from './view.ts'

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

/** What is asked to be seen. */
function gather(ask: (want: Wants) => void) {
  const wanted = {
    instances: new Set<string>(),
    instanceNames: new Set<string>(),
    users: new ByInstance(),
    newcomers: new ByInstance(),
    names: new ByInstance(),
    managers: new ByInstance(),
    groups: new ByInstance(),
    groupNames: new ByInstance(),
    linked: new ByInstance(),
    memberships: new ByInstance(),
    groupsWithMembers: new ByInstance(),
    members: new ByInstance(),
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
    reportsPendingFor: (instanceId, managerId) => wanted.managers.add(instanceId, managerId),
    group: (instanceId, id) => wanted.groups.add(instanceId, id),
    linkedGroups: (instanceId, userId) => wanted.linked.add(instanceId, userId),
    groupNamed: (instanceId, name) => wanted.groupNames.add(instanceId, fold(name)),
    membership: (instanceId, groupId, memberId) => wanted.memberships.add(instanceId, membershipId(groupId, memberId)),
    membersOf: (instanceId, groupId) => wanted.groupsWithMembers.add(instanceId, groupId),
    groupsOf: (instanceId, memberId) => wanted.members.add(instanceId, memberId),
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
    const [byIds, namedInstances, reports, namedGroups, allMembers, groupsOfMembers, slots] = await Promise.all([
      mongo.readTogether({
        users: { definition: users, keys: wanted.users.keys() },
        userNames: { definition: userNames, keys: globalKeys(names) },
        instances: { definition: instances, keys: globalKeys(wanted.instances) },
        apiKeys: { definition: apiKeys, keys: wanted.apiKeys.keys() },
        groups: { definition: groups, keys: wanted.groups.keys() },
        memberships: { definition: memberships, keys: wanted.memberships.keys() },
        signingKeys: { definition: signingKeys, keys: globalKeys(wanted.signingKeys) },
        accessTokens: { definition: accessTokens, keys: globalKeys(wanted.accessTokens) },
      }),
      wanted.instanceNames.size === 0
        ? []
        : mongo.global(instances).find({ searchName: { $in: [...wanted.instanceNames] } }),
      mongo.findInEach(users, clausesOf('pendingManager', wanted.managers.keys())),
      mongo.findInEach(groups, clausesOf('search.displayName', wanted.groupNames.keys(), { visible: true })),
      readBounded(mongo, 'groupId', wanted.groupsWithMembers.keys()),
      readBounded(mongo, 'memberId', wanted.members.keys()),
      mongo.findInEach(
        apiKeys,
        [...wanted.slots].map((instanceId) => ({ instanceId, filter: { holdsSlot: true } })),
      ),
    ])

    const notNew = new ByInstance()
    for (const { instanceId, _id } of byIds.users)
      if (wanted.newcomers.has(instanceId, _id)) notNew.add(instanceId, _id)
    const [reportsOfNotNew, groupsOfNotNew] = await Promise.all([
      mongo.findInEach(users, clausesOf('pendingManager', notNew.keys())),
      readBounded(mongo, 'memberId', notNew.keys()),
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
    const [secondUsers, secondGroups, secondMemberships, above] = await Promise.all([
      mongo.readByIds(users, moreUsers.keys()),
      mongo.readByIds(groups, moreGroups.keys()),
      mongo.readByIds(memberships, moreMemberships.keys()),
      readUpwards(mongo, [...groupsOfMembers, ...groupsOfNotNew]),
    ])

    return viewOf({
      ...byIds,
      instances: [...byIds.instances, ...namedInstances],
      users: [...byIds.users, ...reports, ...reportsOfNotNew, ...secondUsers],
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
