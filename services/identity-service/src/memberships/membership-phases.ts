import type { Member } from '@user-provisioning/contracts/images'
import type { Context, PartStore, Phase, Step } from '../commands/command.ts'
import type { View } from '../commands/view.ts'
import { groups } from '../groups/group-document.ts'
import { changeMembers, type MembersView, type WantedMembers } from './change-members.ts'
import { joinGroups } from './join-groups.ts'
import { leaveGroups } from './leave-groups.ts'
import { membersFacts } from './members-facts.ts'
import { type MembershipDocument, membershipId, memberships } from './membership-document.ts'
import { mostMemberships, readMemberships, readNamed } from './read-memberships.ts'

/**
 * The members of a group become those wanted, 1,000 memberships looked at in each transaction: first those that are not to stay,
 * then those that are to go by name, then those that are to come. Only differences are written.
 */
export function memberPhases(instanceId: string, groupId: string, wanted: WantedMembers): Phase[] {
  const { replaceAll, add, remove } = wanted
  const coming = replaceAll === null ? add : [...replaceAll, ...add]
  const kept = new Set(replaceAll?.map(({ value }) => value))

  async function changed(
    ids: readonly string[],
    isConcerned: (membership: MembershipDocument | undefined) => boolean,
    differenceOf: (concerned: ReadonlySet<string>) => WantedMembers,
    { mongo }: PartStore,
    ctx: Context,
  ): Promise<Step> {
    const found = await readMemberships(mongo, instanceId, groupId, ids)
    const concerned = ids.filter((id) => isConcerned(found.get(id)))
    if (concerned.length === 0) return nothing
    const [group, named] = await Promise.all([
      mongo.bound(groups, instanceId).findOne({ _id: groupId }),
      readNamed(mongo, instanceId, concerned),
    ])
    if (group === undefined) return nothing
    const view: MembersView = { ...named, membership: (_, id) => found.get(id), membersOf: () => [...found.values()] }
    const change = changeMembers(group, differenceOf(new Set(concerned)), view, ctx.now)
    return { effects: change.effects, announcements: membersFacts(group, change, ctx) }
  }

  const taken = (ids: readonly string[], store: PartStore, ctx: Context): Promise<Step> =>
    changed(
      ids,
      (membership) => membership !== undefined,
      (concerned) => ({ ...noDifference, remove: [...concerned] }),
      store,
      ctx,
    )

  const scan: Phase = async (after, store, ctx, share) => {
    const limit = Math.ceil(mostMemberships * share)
    // By primary key, which begins with the group's id: pending ones too.
    const found = await store.mongo
      .bound(memberships, instanceId)
      .find({ _id: { $gt: membershipId(groupId, after), $lt: `${groupId}0` } }, { sort: { _id: 1 }, limit })
    const going = found.map(({ memberId }) => memberId).filter((id) => !kept.has(id))
    const next = found.length < limit ? undefined : found.at(-1)?.memberId
    return { ...(await taken(going, store, ctx)), next }
  }

  const take: Phase = async (after, store, ctx, share) => {
    const { items, next } = sliceAfter(remove, after, share)
    return { ...(await taken(items, store, ctx)), next }
  }

  const put: Phase = async (after, store, ctx, share) => {
    const { items, next } = sliceAfter(coming, after, share)
    const step = await changed(
      items.map(({ value }) => value),
      (membership) => membership?.pending ?? true,
      (concerned) => ({ ...noDifference, add: items.filter(({ value }) => concerned.has(value)) }),
      store,
      ctx,
    )
    return { ...step, next }
  }

  return [
    ...(replaceAll === null ? [] : [scan]),
    ...(remove.length === 0 ? [] : [take]),
    ...(coming.length === 0 ? [] : [put]),
  ]
}

/** A transaction takes fewer groups than memberships: each has its own version to raise, and its own fact. */
const mostGroups = 200
/** What their images in the facts may come to: a journal record is a document, of 16 MB at most. */
const mostImageBytes = 4 * 1024 * 1024

/** A deleted user or group leaves the groups that it was in. */
export function leavePhase(instanceId: string, member: Omit<Member, 'name'>): Phase {
  return phaseInGroups(instanceId, member, {}, leaveGroups)
}

/** A user or group that has appeared joins the groups that were given it before. */
export function joinPhase(instanceId: string, member: Omit<Member, 'name'>): Phase {
  return phaseInGroups(instanceId, member, { pending: true }, joinGroups)
}

function phaseInGroups(
  instanceId: string,
  member: Omit<Member, 'name'>,
  which: { readonly pending?: true },
  change: typeof leaveGroups,
): Phase {
  return async (after, { mongo, read }, ctx, share) => {
    const limit = Math.ceil(mostGroups * share)
    const found = await mongo
      .bound(memberships, instanceId)
      .find({ ...which, memberId: member.id, groupId: { $gt: after } }, { sort: { groupId: 1 }, limit })
    if (found.length === 0) return nothing
    const view = await read((want) => {
      want.entity(instanceId, member.id)
      for (const { groupId } of found) {
        want.membership(instanceId, groupId, member.id)
        want.group(instanceId, groupId)
      }
    })
    const named = { ...member, name: nameOf(member, instanceId, view) }
    const changed = change(named, instanceId, view, ctx, mostImageBytes)
    const isCut = changed.last !== found.at(-1)?.groupId
    return { ...changed, next: isCut || found.length === limit ? changed.last : undefined }
  }
}

const noDifference: WantedMembers = { replaceAll: null, add: [], remove: [] }

const nothing: Step = { effects: [], announcements: [] }

/** The items of a list from a position on; the position is written as text. */
function sliceAfter<Item>(list: readonly Item[], after: string, share: number) {
  const from = Number(after)
  const end = from + Math.ceil(mostMemberships * share)
  return { items: list.slice(from, end), next: end < list.length ? String(end) : undefined }
}

function nameOf({ id, type }: Omit<Member, 'name'>, instanceId: string, view: View): string {
  const name = type === 'User' ? view.user(instanceId, id)?.userName : view.group(instanceId, id)?.displayName
  return name ?? id
}
