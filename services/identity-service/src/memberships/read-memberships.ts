import type { Member } from '@user-provisioning/contracts/images'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { type GroupDocument, groups } from '../groups/group-document.ts'
import { users } from '../users/user-document.ts'
import type { GroupOfUser } from '../users/user-presenter.ts'
import { groupsAbove } from './groups-above.ts'
import { type MembershipDocument, memberships } from './membership-document.ts'

/** A user or group of an instance. */
interface Place {
  readonly instanceId: string
  readonly id: string
}

/** The groups that a user is in, directly or through other groups. */
export type GroupsOf = (user: Place) => GroupOfUser[]

/** Deeper than any directory nests its groups: nobody makes us read level after level without end. */
const deepestNesting = 32

/**
 * Reads the groups that each of these users is in, upwards level by level: users whose groups are in no other group cost one
 * read of memberships more.
 * @param mostDirect undefined comes back where they have more direct memberships than this, all together
 */
export async function readGroupsOf(
  mongo: Mongo,
  userIds: readonly Place[],
  mostDirect?: number,
): Promise<GroupsOf | undefined> {
  const groupIdsOf = new Map<string, string[]>()
  const groupsRead = new Map<string, GroupDocument>()
  const asked = new Set<string>()
  let found = await readMembershipsOf(mongo, userIds, mostDirect === undefined ? {} : { limit: mostDirect + 1 })
  if (mostDirect !== undefined && found.length > mostDirect) return undefined
  for (let level = 0; found.length > 0 && level < deepestNesting; level++) {
    const next = new Map<string, Place>()
    for (const { instanceId, memberId, groupId: id } of found) {
      const of = keyOf({ instanceId, id: memberId })
      const ids = groupIdsOf.get(of)
      if (ids) ids.push(id)
      else groupIdsOf.set(of, [id])
      const key = keyOf({ instanceId, id })
      if (!asked.has(key)) next.set(key, { instanceId, id })
      asked.add(key)
    }
    const [docs, above] = await Promise.all([
      mongo.readByIds(groups, [...next.values()]),
      readMembershipsOf(mongo, [...next.values()]),
    ])
    for (const group of docs) if (group.visible) groupsRead.set(keyOf({ ...group, id: group._id }), group)
    found = above
  }
  return ({ instanceId, id }) =>
    groupsAbove(id, (memberId) =>
      (groupIdsOf.get(keyOf({ instanceId, id: memberId })) ?? []).flatMap(
        (groupId) => groupsRead.get(keyOf({ instanceId, id: groupId })) ?? [],
      ),
    )
}

function keyOf({ instanceId, id }: Place): string {
  return `${instanceId}/${id}`
}

function readMembershipsOf(mongo: Mongo, members: readonly Place[], options: { limit?: number } = {}) {
  const byInstance = Map.groupBy(members, ({ instanceId }) => instanceId)
  return mongo.findInEach(
    memberships,
    [...byInstance].map(([instanceId, ofInstance]) => ({
      instanceId,
      filter: { memberId: { $in: [...new Set(ofInstance.map(({ id }) => id))] }, pending: false },
    })),
    { ...options, projection: { instanceId: 1, memberId: 1, groupId: 1 } },
  )
}

/** Some of a group's members, in the order of their ids; `moreAfter` says where to go on. */
export interface MembersPage {
  readonly members: readonly Member[]
  readonly moreAfter?: string
}

/** The page that has nothing yet and goes on after an id. */
export function pageFrom(after: string): MembersPage {
  return { members: [], moreAfter: after }
}

/** About 250 kB of an answer, read in some 20 ms. */
export const mostMembersAtOnce = 2_000

/**
 * As many members of these groups as go into one answer: those of the first groups first, each from where it is to go on.
 * Those that are deleted or invisible are left out.
 */
export async function readMembersOf(
  mongo: Mongo,
  instanceId: string,
  wanted: readonly { readonly id: string; readonly after: string }[],
): Promise<Map<string, MembersPage>> {
  const found = await readFirstMemberships(mongo, instanceId, wanted)
  const names = await readNamesOf(
    mongo,
    instanceId,
    [...found.values()].flatMap(({ read }) => read),
  )
  return new Map(
    [...found].map(([groupId, { read, moreAfter }]) => {
      const members = read.flatMap(({ memberId: id, memberType: type }): Member[] => {
        const name = names.get(id)
        return name === undefined ? [] : [{ id, type, name }]
      })
      return [groupId, { members, ...(moreAfter === undefined ? {} : { moreAfter }) }]
    }),
  )
}

type MembershipRead = Pick<MembershipDocument, 'groupId' | 'memberId' | 'memberType'>
const membershipRead = {
  projection: { groupId: 1, memberId: 1, memberType: 1 },
  sort: { groupId: 1, memberId: 1 },
} as const

/** One query where everything fits, as it does for most lists; else one a group, until the answer is full. */
async function readFirstMemberships(
  mongo: Mongo,
  instanceId: string,
  wanted: readonly { readonly id: string; readonly after: string }[],
): Promise<Map<string, { read: readonly MembershipRead[]; moreAfter?: string }>> {
  const collection = mongo.bound(memberships, instanceId)
  if (wanted.length > 1 && wanted.every(({ after }) => after === '')) {
    const all: readonly MembershipRead[] = await collection.find(
      { groupId: { $in: wanted.map(({ id }) => id) }, pending: false },
      { ...membershipRead, limit: mostMembersAtOnce + 1 },
    )
    if (all.length <= mostMembersAtOnce) {
      const byGroup = Map.groupBy(all, ({ groupId }) => groupId)
      return new Map(wanted.map(({ id }) => [id, { read: byGroup.get(id) ?? [] }]))
    }
  }
  const pages = new Map<string, { read: readonly MembershipRead[]; moreAfter?: string }>()
  let left = mostMembersAtOnce
  for (const { id, after } of wanted) {
    const isFull = left === 0
    const read: readonly MembershipRead[] = isFull
      ? []
      : await collection.find(
          { groupId: id, pending: false, memberId: { $gt: after } },
          { ...membershipRead, limit: left },
        )
    left -= read.length
    pages.set(id, { read, ...(left === 0 ? { moreAfter: read.at(-1)?.memberId ?? after } : {}) })
  }
  return pages
}

/** The names of members that SCIM may see, by id. */
async function readNamesOf(
  mongo: Mongo,
  instanceId: string,
  members: readonly MembershipRead[],
): Promise<Map<string, string>> {
  const idsOf = (type: Member['type']) => [
    ...new Set(members.flatMap(({ memberType, memberId }) => (memberType === type ? [memberId] : []))),
  ]
  const [userIds, groupIds] = [idsOf('User'), idsOf('Group')]
  const seen = (ids: readonly string[]) => ({ _id: { $in: ids }, visible: true })
  const [foundUsers, foundGroups] = await Promise.all([
    userIds.length === 0 ? [] : mongo.bound(users, instanceId).find(seen(userIds), { projection: { userName: 1 } }),
    groupIds.length === 0
      ? []
      : mongo.bound(groups, instanceId).find(seen(groupIds), { projection: { displayName: 1 } }),
  ])
  return new Map([
    ...foundUsers.map(({ _id, userName }) => [_id, userName] as const),
    ...foundGroups.map(({ _id, displayName }) => [_id, displayName] as const),
  ])
}
