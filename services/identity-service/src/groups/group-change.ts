import type { Change } from '@user-provisioning/contracts/actor'
import { Fault } from '@user-provisioning/contracts/errors'
import type { GroupFactType } from '@user-provisioning/contracts/identity-facts'
import type { Member } from '@user-provisioning/contracts/images'
import { diff } from '@user-provisioning/scim/diff'
import { searchTree } from '@user-provisioning/scim/fold'
import { equalJson, type JsonObject } from '@user-provisioning/scim/json'
import { groupType } from '@user-provisioning/scim/schema'
import { type Context, type FactAnnouncement, type FactOrigin, type Outcome, unchanged } from '../commands/command.ts'
import type { Effect } from '../commands/effect.ts'
import type { View, Wants } from '../commands/view.ts'
import { changeMembers, findMember, type WantedMembers } from '../memberships/change-members.ts'
import { membersFacts } from '../memberships/members-facts.ts'
import { type MembersPage, mostMembersAtOnce } from '../memberships/read-memberships.ts'
import { isSeen, pickUpOf } from '../pick-ups/pick-up.ts'
import type { GroupDocument } from './group-document.ts'
import { groupImage, groupSnapshot } from './group-presenter.ts'

/** A new group that holds nothing yet. */
export function blankGroup(instanceId: string, id: string, now: Date): GroupDocument {
  return {
    _id: id,
    instanceId,
    scimSyncId: null,
    displayName: '',
    externalId: null,
    state: 'active',
    visible: true,
    scim: {},
    search: {},
    version: 0,
    scimVersion: 0,
    meta: { created: now, lastModified: now },
    changedAt: now,
  }
}

/**
 * The group as SCIM sees it.
 * @throws Fault not-found
 */
export function visibleGroup(instanceId: string, groupId: string, view: View): GroupDocument {
  const group = view.group(instanceId, groupId)
  if (group === undefined || !isSeen(group, view)) throw new Fault('not-found', { type: 'group' })
  return group
}

/**
 * Refuses a name that another group of the instance has, ignoring case.
 * @throws Fault group-name-taken
 */
export function requireFreeGroupName(instanceId: string, groupId: string, displayName: string, view: View): void {
  const holder = view.groupNamed(instanceId, displayName)
  if (holder !== undefined && holder._id !== groupId) throw new Fault('group-name-taken', { displayName })
}

/** What a command about members has to see: the memberships that it names, and who is named. */
export function needsMembers(instanceId: string, groupId: string, wanted: WantedMembers, want: Wants): void {
  if (wanted.replaceAll !== null) want.membersOf(instanceId, groupId)
  const named = [...(wanted.replaceAll ?? []), ...wanted.add].map(({ value }) => value)
  for (const id of [...named, ...wanted.remove]) {
    want.membership(instanceId, groupId, id)
    want.entity(instanceId, id)
  }
}

/** A group's new resource (without members) and the members wanted. */
export interface WantedGroup {
  readonly resource: JsonObject
  readonly members: WantedMembers
}

/**
 * What a SCIM command that changes a group comes to: managed, with this resource and these members. A change of members
 * alone raises the SCIM version too. Nothing different: nothing written, no version raised.
 */
export function groupOutcome(
  before: GroupDocument,
  wanted: WantedGroup,
  view: View,
  ctx: Context,
  outcome: 'created' | 'changed',
): Outcome {
  const isNew = before.version === 0
  const scim = equalJson(before.scim, wanted.resource) ? before.scim : wanted.resource
  const members = changeMembers(before, wanted.members, view, ctx.now)
  const isSameResource = scim === before.scim
  const isSameRepresentation = isSameResource && members.effects.length === 0
  const changes: Change[] = diff(before.scim, scim).map((difference) => ({ kind: 'attribute', ...difference }))
  if (isNew) changes.push({ kind: 'state', path: 'state', old: null, new: 'active' })
  if (before.scimSyncId === null) {
    changes.push({ kind: 'state', path: 'scimSyncId', old: null, new: before._id })
  }
  const shown = shownMembers(
    isNew
      ? members.added
      : wanted.members.replaceAll?.flatMap(({ value }) => findMember(before.instanceId, value, view) ?? []),
  )
  if (changes.length === 0 && isSameRepresentation) {
    return unchanged({ outcome, resource: groupSnapshot(before, shown) })
  }
  const after: GroupDocument = {
    ...before,
    scimSyncId: before._id,
    displayName: String(scim.displayName),
    externalId: typeof scim.externalId === 'string' ? scim.externalId : null,
    scim,
    search: isSameResource ? before.search : searchTree(scim, groupType),
    version: before.version + 1,
    scimVersion: isSameRepresentation ? before.scimVersion : before.scimVersion + 1,
    meta: isSameRepresentation ? before.meta : { ...before.meta, lastModified: ctx.now },
    changedAt: ctx.now,
  }
  const type: GroupFactType = isNew ? 'GroupProvisioned' : before.scimSyncId === null ? 'GroupPickedUp' : 'GroupUpdated'
  const effects: Effect[] = [
    { kind: 'group', before: isNew ? null : before, after },
    ...(isNew ? [] : pickUpOf(before, after, { type: 'group', name: before.displayName }, ctx)),
    ...members.effects,
  ]
  const announcements = [
    ...(changes.length === 0 ? [] : [groupFact(type, after, changes, ctx)]),
    ...membersFacts(after, members, ctx),
  ]
  return { effects, announcements, reply: { outcome, resource: groupSnapshot(after, shown) } }
}

/** The members that an answer shows where it is known here who they are, and they are few; else they are read for it. */
function shownMembers(members: readonly Member[] | undefined): MembersPage | null {
  return members === undefined || members.length > mostMembersAtOnce ? null : { members }
}

/** The announcement of a change of a group itself. */
export function groupFact(
  type: GroupFactType,
  group: GroupDocument,
  changes: readonly Change[],
  ctx: Context,
  origin: FactOrigin = {},
): FactAnnouncement {
  return {
    kind: 'fact',
    fact: {
      type,
      instanceId: group.instanceId,
      entityId: group._id,
      at: ctx.now.toISOString(),
      actor: ctx.actor,
      cause: { type: origin.cause ?? 'request', id: ctx.id },
      correlationId: origin.correlationId ?? ctx.id,
      changes: [...changes],
      warnings: [],
      group: groupImage(group),
    },
  }
}
