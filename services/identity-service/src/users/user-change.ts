import type { Change, Warning } from '@user-provisioning/contracts/actor'
import type { UserFactType } from '@user-provisioning/contracts/identity-facts'
import { diff } from '@user-provisioning/scim/diff'
import { searchTree } from '@user-provisioning/scim/fold'
import { equalJson, type JsonObject } from '@user-provisioning/scim/json'
import { userType } from '@user-provisioning/scim/schema'
import { type Context, type FactAnnouncement, type FactOrigin, type Outcome, unchanged } from '../commands/command.ts'
import type { Effect } from '../commands/effect.ts'
import type { View } from '../commands/view.ts'
import { pickUpOf } from '../pick-ups/pick-up.ts'
import { directManagerOf } from './direct-manager.ts'
import { groupsShown } from './groups-of-user.ts'
import type { UserDocument } from './user-document.ts'
import { userImage, userSnapshot } from './user-presenter.ts'

/** A user before and after a decision, with what a fact says of the difference. */
export interface UserChange {
  readonly before: UserDocument | null
  readonly after: UserDocument
  readonly changes: readonly Change[]
  readonly warnings: readonly Warning[]
  /** Of a user that is revived: the groups that it was in. */
  readonly rejoins?: readonly string[]
}

/**
 * The mapping row that gives a managed user's name. identity applies it itself, in every version of a set alike; it counts
 * as part of the first.
 */
const userNameSource = { rowId: 'user-name', setVersion: 1 } as const

/** A new user that holds nothing yet: the start of what `withResource` makes. */
export function blankUser(instanceId: string, id: string, now: Date): UserDocument {
  return {
    _id: id,
    instanceId,
    scimSyncId: null,
    userName: '',
    externalId: null,
    state: 'active',
    protected: false,
    role: null,
    visible: true,
    scim: {},
    search: {},
    fields: {},
    fieldSources: {},
    directManager: null,
    pendingManager: null,
    links: [],
    version: 0,
    scimVersion: 0,
    fieldsVersion: 0,
    mappingSetVersion: 0,
    rulesVersion: 0,
    meta: { created: now, lastModified: now },
    changedAt: now,
  }
}

/**
 * The user with this SCIM resource, and managed if it was not. User name, state and Direct Manager come from the resource
 * here and now, whatever the mapping set; the other fields are mapping's to propose.
 */
export function withResource(before: UserDocument, resource: JsonObject, view: View, now: Date): UserChange {
  const scim = equalJson(before.scim, resource) ? before.scim : resource
  const isSameResource = scim === before.scim
  const userName = String(scim.userName)
  const state = scim.active === false ? 'suspended' : 'active'
  const manager = directManagerOf(before, scim, view)
  const isSameName = before.fields.userName === userName
  const after: UserDocument = {
    ...before,
    scimSyncId: before._id,
    userName,
    externalId: typeof scim.externalId === 'string' ? scim.externalId : null,
    state,
    scim,
    search: isSameResource ? before.search : searchTree(scim, userType),
    fields: isSameName ? before.fields : { ...before.fields, userName },
    fieldSources:
      isSameName && before.scimSyncId !== null
        ? before.fieldSources
        : { ...before.fieldSources, userName: userNameSource },
    directManager: manager.directManager,
    pendingManager: manager.pendingManager,
    version: before.version + 1,
    scimVersion: isSameResource ? before.scimVersion : before.scimVersion + 1,
    fieldsVersion: isSameName ? before.fieldsVersion : before.fieldsVersion + 1,
    meta: isSameResource ? before.meta : { ...before.meta, lastModified: now },
    changedAt: now,
  }
  const isNew = before.version === 0
  return {
    before: isNew ? null : before,
    after,
    changes: [
      ...diff(before.scim, scim).map((difference): Change => ({ kind: 'attribute', ...difference })),
      ...valueChange('state', 'state', isNew ? null : before.state, state),
      ...valueChange('state', 'scimSyncId', before.scimSyncId, after.scimSyncId),
      ...valueChange('field', 'userName', before.fields.userName ?? null, userName),
      ...valueChange('field', 'directManager', before.directManager, after.directManager),
    ],
    warnings: manager.warnings,
  }
}

/** The change of one value, if it is one. */
export function valueChange(
  kind: Change['kind'],
  path: string,
  old: string | null,
  now: string | null,
): readonly Change[] {
  return old === now ? [] : [{ kind, path, old, new: now }]
}

/** Whether nothing is different: then nothing is written and no version rises. */
function isNoChange({ before, changes }: UserChange): boolean {
  return before !== null && changes.length === 0
}

/** One fact carries all that a command did to a user; its type is the most telling one. */
function factTypeOf({ before, after }: UserChange): UserFactType {
  if (before === null) return 'UserProvisioned'
  if (before.state === 'deleted') return 'UserRevived'
  if (before.scimSyncId === null && after.scimSyncId !== null) return 'UserPickedUp'
  if (before.state !== after.state) return after.state === 'suspended' ? 'UserSuspended' : 'UserReactivated'
  return 'UserUpdated'
}

/** The announcement of a change of a user. */
export function userFact(
  type: UserFactType,
  { after, changes, warnings }: Pick<UserChange, 'after' | 'changes' | 'warnings'>,
  ctx: Context,
  origin: FactOrigin = {},
): FactAnnouncement {
  return {
    kind: 'fact',
    fact: {
      type,
      instanceId: after.instanceId,
      entityId: after._id,
      at: ctx.now.toISOString(),
      actor: ctx.actor,
      cause: { type: origin.cause ?? 'request', id: ctx.id },
      correlationId: origin.correlationId ?? ctx.id,
      changes: [...changes],
      warnings: [...warnings],
      invite: false,
      user: userImage(after),
    },
  }
}

/** What a SCIM command that changes a user comes to: the write, the fact, and the user as it now is. */
export function userOutcome(change: UserChange, view: View, ctx: Context, outcome: 'created' | 'changed'): Outcome {
  const { before, after } = change
  const resource = userSnapshot(isNoChange(change) ? (before ?? after) : after, groupsShown(after, view))
  if (isNoChange(change)) return unchanged({ outcome, resource })
  const pickUp = pickUpOf(before, after, { type: 'user', name: before?.userName ?? '' }, ctx)
  const effects: Effect[] = [{ kind: 'user', before, after }, ...pickUp]
  return { effects, announcements: [userFact(factTypeOf(change), change, ctx)], reply: { outcome, resource } }
}
