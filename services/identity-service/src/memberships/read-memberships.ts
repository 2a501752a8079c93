import type { Member } from '@user-provisioning/contracts/images'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { groups } from '../groups/group-document.ts'
import { users } from '../users/user-document.ts'
import type { GroupOfUser } from '../users/user-presenter.ts'
import { memberships } from './membership-document.ts'

/** Groups by instance and user. */
export type GroupsOf = ReadonlyMap<string, ReadonlyMap<string, readonly GroupOfUser[]>>

/** The groups that each of these users is a direct member of. */
export async function readGroupsOf(
  mongo: Mongo,
  userIds: readonly { readonly instanceId: string; readonly id: string }[],
): Promise<GroupsOf> {
  const wanted = Map.groupBy(userIds, ({ instanceId }) => instanceId)
  const found = await mongo.findInEach(
    memberships,
    [...wanted].map(([instanceId, keys]) => ({
      instanceId,
      filter: { memberId: { $in: [...new Set(keys.map(({ id }) => id))] }, pending: false },
    })),
  )
  const foundGroups = await mongo.readByIds(
    groups,
    found.map(({ instanceId, groupId: id }) => ({ instanceId, id })),
  )
  const groupsById = new Map(foundGroups.map((group) => [group._id, group]))
  const result = new Map<string, Map<string, GroupOfUser[]>>()
  for (const { instanceId, memberId, groupId } of found) {
    const group = groupsById.get(groupId)
    if (!group?.visible || group.instanceId !== instanceId) continue
    const ofInstance = result.get(instanceId) ?? new Map<string, GroupOfUser[]>()
    result.set(instanceId, ofInstance)
    const ofUser = ofInstance.get(memberId) ?? []
    ofInstance.set(memberId, ofUser)
    ofUser.push({ id: groupId, name: group.displayName, direct: true })
  }
  return result
}

/** The members of each of these groups, by group. Those that are deleted or invisible are left out. */
export async function readMembersOf(
  mongo: Mongo,
  instanceId: string,
  groupIds: readonly string[],
): Promise<Map<string, Member[]>> {
  if (groupIds.length === 0) return new Map()
  const found = await mongo
    .bound(memberships, instanceId)
    .find(
      { groupId: { $in: [...groupIds] }, pending: false },
      { projection: { groupId: 1, memberId: 1, memberType: 1 }, sort: { groupId: 1, memberId: 1 } },
    )
  const idsOf = (type: Member['type']) => [
    ...new Set(found.filter(({ memberType }) => memberType === type).map(({ memberId }) => memberId)),
  ]
  const [userNamesById, groupNamesById] = await Promise.all([
    readNames(mongo, instanceId, 'User', idsOf('User')),
    readNames(mongo, instanceId, 'Group', idsOf('Group')),
  ])
  const byGroup = new Map<string, Member[]>()
  for (const { groupId, memberId: id, memberType: type } of found) {
    const name = (type === 'User' ? userNamesById : groupNamesById).get(id)
    if (name === undefined) continue
    const ofGroup = byGroup.get(groupId) ?? []
    byGroup.set(groupId, ofGroup)
    ofGroup.push({ id, type, name })
  }
  return byGroup
}

const mostAtOnce = 5_000

/** Names of those that SCIM may see, by id. */
async function readNames(
  mongo: Mongo,
  instanceId: string,
  type: Member['type'],
  ids: readonly string[],
): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  for (let at = 0; at < ids.length; at += mostAtOnce) {
    const filter = { _id: { $in: ids.slice(at, at + mostAtOnce) }, visible: true }
    if (type === 'User') {
      const found = await mongo.bound(users, instanceId).find(filter, { projection: { userName: 1 } })
      for (const { _id, userName } of found) names.set(_id, userName)
    } else {
      const found = await mongo.bound(groups, instanceId).find(filter, { projection: { displayName: 1 } })
      for (const { _id, displayName } of found) names.set(_id, displayName)
    }
  }
  return names
}
