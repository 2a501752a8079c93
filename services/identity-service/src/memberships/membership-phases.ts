import type { Member } from '@user-provisioning/contracts/images'
import type { Context, PartStore, Phase, Step } from '../commands/command.ts'
import type { View } from '../commands/view.ts'
import { changeMembers, type WantedMembers } from './change-members.ts'
import { leaveGroups } from './leave-groups.ts'
import { membersFacts } from './members-facts.ts'
import { membershipId, memberships } from './membership-document.ts'
import { mostMemberships } from './read-memberships.ts'

/**
 * The members of a group become those wanted, 1,000 memberships looked at in each transaction: first those that are not to stay,
 * then those that are to go by name, then those that are to come. Only differences are written.
 */
export function memberPhases(instanceId: string, groupId: string, wanted: WantedMembers): Phase[] {
  const { replaceAll, add, remove } = wanted
  const coming = replaceAll === null ? add : [...replaceAll, ...add]
  const kept = new Set(replaceAll?.map(({ value }) => value))

  async function taken(ids: readonly string[], store: PartStore, ctx: Context): Promise<Step> {
    if (ids.length === 0) return nothing
    const view = await store.read((want) => {
      want.group(instanceId, groupId)
      for (const id of ids) {
        want.membership(instanceId, groupId, id)
        want.entity(instanceId, id)
      }
    })
    return changed(view, { replaceAll: null, add: [], remove: ids }, ctx)
  }

  function changed(view: View, difference: WantedMembers, ctx: Context): Step {
    const group = view.group(instanceId, groupId)
    if (group === undefined) return nothing
    const change = changeMembers(group, difference, view, ctx.now)
    return { effects: change.effects, announcements: membersFacts(group, change, ctx) }
  }

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
    const there = await store.read((want) => {
      for (const { value } of items) want.membership(instanceId, groupId, value)
    })
    const missing = items.filter(({ value }) => there.membership(groupId, value)?.pending ?? true)
    if (missing.length === 0) return { ...nothing, next }
    const view = await store.read((want) => {
      want.group(instanceId, groupId)
      for (const { value } of missing) {
        want.membership(instanceId, groupId, value)
        want.entity(instanceId, value)
      }
    })
    return { ...changed(view, { replaceAll: null, add: missing, remove: [] }, ctx), next }
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
  return async (after, { mongo, read }, ctx, share) => {
    const limit = Math.ceil(mostGroups * share)
    const found = await mongo
      .bound(memberships, instanceId)
      .find({ memberId: member.id, groupId: { $gt: after } }, { sort: { groupId: 1 }, limit })
    if (found.length === 0) return nothing
    const view = await read((want) => {
      want.entity(instanceId, member.id)
      for (const { groupId } of found) {
        want.membership(instanceId, groupId, member.id)
        want.group(instanceId, groupId)
      }
    })
    const left = leaveGroups(
      { ...member, name: nameOf(member, instanceId, view) },
      instanceId,
      view,
      ctx,
      mostImageBytes,
    )
    const isCut = left.last !== found.at(-1)?.groupId
    return { ...left, next: isCut || found.length === limit ? left.last : undefined }
  }
}

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
