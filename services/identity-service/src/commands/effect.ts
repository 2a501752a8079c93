import { insert, remove, update, type Write } from '@user-provisioning/mongo/write'
import { fold } from '@user-provisioning/scim/fold'
import { type AccessTokenDocument, accessTokens } from '../access-tokens/access-token-document.ts'
import { type ApiKeyDocument, apiKeys } from '../api-keys/api-key-document.ts'
import { type GroupDocument, groups } from '../groups/group-document.ts'
import {
  type DeprovisionDocument,
  deprovisions,
  type GuardDocument,
  guards,
  type HeldDocument,
  heldChanges,
} from '../guard/guard-document.ts'
import { type Chosen, chosenHeld } from '../guard/held-filter.ts'
import type { GuardSeen } from '../guard/read-guard-state.ts'
import { type InstanceDocument, instances } from '../instances/instance-document.ts'
import { type MembershipDocument, memberships } from '../memberships/membership-document.ts'
import { type PickUpChange, pickUps } from '../pick-ups/pick-up-document.ts'
import { type SigningKeyDocument, signingKeys } from '../signing-keys/signing-key-document.ts'
import { type UserDocument, userNames, users } from '../users/user-document.ts'

interface Put<Kind extends string, Document> {
  readonly kind: Kind
  /** Null: it is new. */
  readonly before: Document | null
  readonly after: Document
}

/** What a decision changes: documents as they were read and as they are to be. */
export type Effect =
  | Put<'user', UserDocument>
  | Put<'group', GroupDocument>
  | Put<'instance', InstanceDocument>
  | Put<'api-key', ApiKeyDocument>
  | Put<'signing-key', SigningKeyDocument>
  | Put<'access-token', AccessTokenDocument>
  | Put<'guard', GuardDocument>
  | { readonly kind: 'deprovision'; readonly after: DeprovisionDocument }
  | { readonly kind: 'held'; readonly before: HeldDocument | null; readonly after: HeldDocument }
  | { readonly kind: 'held'; readonly before: HeldDocument; readonly after: null }
  /** Many at once. @property held how many are left */
  | {
      readonly kind: 'held-dropped'
      readonly instanceId: string
      readonly chosen: Chosen
      readonly held: GuardSeen['held']
    }
  | { readonly kind: 'pick-up'; readonly after: PickUpChange }
  | { readonly kind: 'membership'; readonly before: MembershipDocument; readonly after: null }
  | { readonly kind: 'membership'; readonly before: MembershipDocument | null; readonly after: MembershipDocument }

/** The user name that a user holds, folded; a deleted one holds none. */
export function heldName(user: UserDocument | null): string | null {
  return user === null || user.state === 'deleted' ? null : fold(user.userName)
}

/** The effect's writes. Changes are conditional on the version that was read; a user's name claim goes with the user. */
export function writesOf(effect: Effect): Write[] {
  switch (effect.kind) {
    case 'user': {
      const { before, after } = effect
      const write =
        before === null
          ? insert(users, after.instanceId, after)
          : update(users, after.instanceId, versionOf(before), changeOf(before, after))
      return [...nameWrites(before, after), write]
    }
    case 'group': {
      const { before, after } = effect
      return [
        before === null
          ? insert(groups, after.instanceId, after)
          : update(groups, after.instanceId, versionOf(before), changeOf(before, after)),
      ]
    }
    case 'membership': {
      const { before, after } = effect
      // Concurrent changes of one group commute: whoever comes second finds it done.
      if (after === null) return [remove(memberships, before.instanceId, { _id: before._id }, { expect: 'any' })]
      if (before === null) return [insert(memberships, after.instanceId, after)]
      return [update(memberships, after.instanceId, { _id: before._id }, changeOf(before, after), { expect: 'any' })]
    }
    case 'pick-up': {
      const { _id, instanceId, ...members } = effect.after
      return [update(pickUps, instanceId, { _id }, { $set: members }, { upsert: true })]
    }
    case 'instance':
      return effect.before === null
        ? [insert(instances, null, effect.after)]
        : [update(instances, null, versionOf(effect.before), changeOf(effect.before, effect.after))]
    case 'api-key': {
      const { before, after } = effect
      return before === null
        ? [insert(apiKeys, after.instanceId, after)]
        : [update(apiKeys, after.instanceId, versionOf(before), changeOf(before, after))]
    }
    case 'guard': {
      const { before, after } = effect
      return before === null
        ? [insert(guards, after.instanceId, after)]
        : [update(guards, after.instanceId, versionOf(before), changeOf(before, after))]
    }
    case 'deprovision':
      return [insert(deprovisions, effect.after.instanceId, effect.after)]
    case 'held': {
      const { before, after } = effect
      if (after === null) return [remove(heldChanges, before.instanceId, { _id: before._id }, { expect: 'any' })]
      const { _id, instanceId, ...members } = after
      return [update(heldChanges, instanceId, { _id }, { $set: members }, { upsert: true })]
    }
    case 'held-dropped':
      return [remove(heldChanges, effect.instanceId, chosenHeld(effect.chosen), { expect: 'any' })]
    case 'signing-key': {
      const { _id, ...members } = effect.after
      return [update(signingKeys, null, { _id }, { $set: members }, { upsert: true })]
    }
    case 'access-token': {
      const { _id, ...members } = effect.after
      return [update(accessTokens, null, { _id }, { $set: members }, { upsert: true })]
    }
  }
}

function nameWrites(before: UserDocument | null, after: UserDocument): Write[] {
  const old = heldName(before)
  const now = heldName(after)
  if (old === now) return []
  return [
    ...(old === null ? [] : [remove(userNames, null, { _id: old, userId: after._id })]),
    ...(now === null ? [] : [insert(userNames, null, { _id: now, instanceId: after.instanceId, userId: after._id })]),
  ]
}

function versionOf({ _id, version }: { readonly _id: string; readonly version: number }) {
  return { _id, version }
}

/** The members that are not the same object as before: decisions keep what they do not touch. */
function changeOf<Document extends object>(before: Document, after: Document): { $set: Record<string, unknown> } {
  const old = before as Record<string, unknown>
  return { $set: Object.fromEntries(Object.entries(after).filter(([name, value]) => value !== old[name])) }
}
