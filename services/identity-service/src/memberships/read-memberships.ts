import type { Member } from '@user-provisioning/contracts/images'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { groups } from '../groups/group-document.ts'
import { users } from '../users/user-document.ts'
import type { GroupOfUser } from '../users/user-presenter.ts'
import { memberships } from './membership-document.ts'

/** The groups that each of these users is a direct member of, by user. */
export async function readGroupsOf(
  mongo: Mongo,
  instanceId: string,
  userIds: readonly string[],
): Promise<Map<string, GroupOfUser[]>> {
  if (userIds.length === 0) return new Map()
  const found = await mongo
    .bound(memberships, instanceId)
    .find(
      { memberId: { $in: [...userIds] }, pending: false },
      { projection: { groupId: 1, memberId: 1 }, sort: { groupId: 1 } },
    )
  const names = await readNames(mongo, instanceId, 'Group', [...new Set(found.map(({ groupId }) => groupId))])
  const byUser = new Map<string, GroupOfUser[]>()
  for (const { memberId, groupId } of found) {
    const name = names.get(groupId)
    if (name === undefined) continue
    const ofUser = byUser.get(memberId) ?? []
    byUser.set(memberId, ofUser)
    ofUser.push({ id: groupId, name, direct: true })
  }
  return byUser
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
