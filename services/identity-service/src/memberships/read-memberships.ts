import type { Member } from '@user-provisioning/contracts/images'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { type GroupDocument, groups } from '../groups/group-document.ts'
import { clausesOf } from '../queries/clauses.ts'
import { users } from '../users/user-document.ts'
import type { GroupOfUser } from '../users/user-presenter.ts'
import type { MembersView } from './change-members.ts'
import { groupsAbove } from './groups-above.ts'
import { type MembershipDocument, membershipId, memberships } from './membership-document.ts'

/** A user or group of an instance. */
interface Place {
  readonly instanceId: string
  readonly id: string
}

/** The groups that a user is in, directly or through other groups. */
export type GroupsOf = (user: Place) => GroupOfUser[]

/**
 * Reads the groups that each of these users is in, directly or through other groups.
 * @param mostDirect undefined comes back where they have more direct memberships than this, all together
 */
export async function readGroupsOf(
  mongo: Mongo,
  userIds: readonly Place[],
  mostDirect?: number,
): Promise<GroupsOf | undefined> {
  const options = mostDirect === undefined ? {} : { limit: mostDirect + 1 }
  const found = await mongo.findInEach(memberships, clausesOf('memberId', userIds, { pending: false }), options)
  if (mostDirect !== undefined && found.length > mostDirect) return undefined
  const above = await readUpwards(mongo, found)
  const byMember = Map.groupBy(above.memberships, ({ instanceId, memberId: id }) => keyOf({ instanceId, id }))
  const groupsRead = new Map(above.groups.map((group) => [keyOf({ ...group, id: group._id }), group]))
  return ({ instanceId, id }) =>
    groupsAbove(id, (memberId) =>
      (byMember.get(keyOf({ instanceId, id: memberId })) ?? []).flatMap(({ groupId }) => {
        const group = groupsRead.get(keyOf({ instanceId, id: groupId }))
        return group?.visible ? [group] : []
      }),
    )
}

/** Deeper than any directory nests its groups: nobody makes us read level after level without end. */
const deepestNesting = 32

/**
 * The groups of these memberships, and upwards level by level those that have such groups as members: where there are none it
 * costs one read, beside that of the groups.
 */
export async function readUpwards(
  mongo: Mongo,
  direct: readonly MembershipDocument[],
): Promise<{ memberships: MembershipDocument[]; groups: GroupDocument[] }> {
  const result = { memberships: [...direct], groups: [] as GroupDocument[] }
  const asked = new Set<string>()
  let found = direct
  for (let level = 0; found.length > 0 && level < deepestNesting; level++) {
    const next = new Map(found.map(({ instanceId, groupId: id }) => [keyOf({ instanceId, id }), { instanceId, id }]))
    const unread = [...next].filter(([key]) => !asked.has(key)).map(([, place]) => place)
    for (const place of unread) asked.add(keyOf(place))
    const [docs, above] = await Promise.all([
      mongo.readByIds(groups, unread),
      mongo.findInEach(memberships, clausesOf('memberId', unread, { pending: false })),
    ])
    result.groups.push(...docs)
    result.memberships.push(...above)
    found = above
  }
  return result
}

/** Of one group or one member: what one transaction may change, and what a command reads for it. */
export const mostMemberships = 1_000

/**
 * The memberships of these groups or members. Of one that has more than 1,000 there are more than 1,000, but not all of them,
 * where many are asked for.
 */
export async function readBounded(
  mongo: Mongo,
  path: 'groupId' | 'memberId',
  of: readonly Place[],
): Promise<MembershipDocument[]> {
  const limit = 5 * mostMemberships
  const together = await mongo.findInEach(memberships, clausesOf(path, of), { limit: limit + 1 })
  if (together.length <= limit || of.length === 1) return together
  const alone = of.map((place) =>
    mongo.findInEach(memberships, clausesOf(path, [place]), { limit: mostMemberships + 1 }),
  )
  return (await Promise.all(alone)).flat()
}

function keyOf({ instanceId, id }: Place): string {
  return `${instanceId}/${id}`
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
  most = mostMembersAtOnce,
): Promise<Map<string, MembersPage>> {
  const found = await readFirstMemberships(mongo, instanceId, wanted, most)
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
  most: number,
): Promise<Map<string, { read: readonly MembershipRead[]; moreAfter?: string }>> {
  const collection = mongo.bound(memberships, instanceId)
  if (wanted.length > 1 && wanted.every(({ after }) => after === '')) {
    const all: readonly MembershipRead[] = await collection.find(
      { groupId: { $in: wanted.map(({ id }) => id) }, pending: false },
      { ...membershipRead, limit: most + 1 },
    )
    if (all.length <= most) {
      const byGroup = Map.groupBy(all, ({ groupId }) => groupId)
      return new Map(wanted.map(({ id }) => [id, { read: byGroup.get(id) ?? [] }]))
    }
  }
  const pages = new Map<string, { read: readonly MembershipRead[]; moreAfter?: string }>()
  let left = most
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

/** The memberships that some ids have in a group, pending ones too, by member. */
export async function readMemberships(
  mongo: Mongo,
  instanceId: string,
  groupId: string,
  ids: readonly string[],
): Promise<Map<string, MembershipDocument>> {
  const keys = ids.map((id) => ({ instanceId, id: membershipId(groupId, id) }))
  return new Map((await mongo.readByIds(memberships, keys)).map((found) => [found.memberId, found]))
}

/** Users and groups under some ids, with no more of each than its name and whether SCIM may see it. */
export async function readNamed(
  mongo: Mongo,
  instanceId: string,
  ids: readonly string[],
): Promise<Pick<MembersView, 'user' | 'group'>> {
  const byIds = (of: readonly string[]) => ({ _id: { $in: [...new Set(of)] } })
  const options = (name: string) => ({ projection: { [name]: 1, visible: 1 }, hint: { _id: 1 } }) as const
  const foundUsers = byId(await mongo.bound(users, instanceId).find(byIds(ids), options('userName')))
  const others = ids.filter((id) => !foundUsers.has(id))
  const foundGroups = byId(
    others.length === 0 ? [] : await mongo.bound(groups, instanceId).find(byIds(others), options('displayName')),
  )
  return { user: (_, id) => foundUsers.get(id), group: (_, id) => foundGroups.get(id) }
}

function byId<Doc extends { readonly _id: string }>(docs: readonly Doc[]): Map<string, Doc> {
  return new Map(docs.map((doc) => [doc._id, doc]))
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
