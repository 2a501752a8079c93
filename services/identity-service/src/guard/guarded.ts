import { Fault } from '@user-provisioning/contracts/errors'
import { refusal } from '@user-provisioning/contracts/reply'
import { member } from '@user-provisioning/scim/json'
import { enterpriseUserSchema } from '@user-provisioning/scim/schema'
import type { Announcement, Context, Outcome } from '../commands/command.ts'
import type { Effect } from '../commands/effect.ts'
import type { View } from '../commands/view.ts'
import { instanceFact } from '../instances/instance-fact.ts'
import { settingsOf } from '../settings/settings.ts'
import type { UserDocument } from '../users/user-document.ts'
import type { GuardDocument, HeldDocument } from './guard-document.ts'

/** Entra begins to look at the share of failures from 5,000 on, and may quarantine the connector. */
export const heldNearQuarantine = 4_000
/**
 * So near to its limit the guard's document is written with every deprovisioning, so that two replicas cannot both carry out
 * the last one. Further off nobody meets there: a replica commits 64 at once.
 */
const nearLimit = 256

interface UserBeforeAndAfter {
  readonly before: UserDocument | null
  readonly after: UserDocument
}

/** Whether a change takes somebody's access away. */
function deprovisions({ before, after }: UserBeforeAndAfter): 'suspend' | 'delete' | undefined {
  if (before === null || before.state === after.state) return undefined
  if (after.state === 'deleted') return 'delete'
  return after.state === 'suspended' ? 'suspend' : undefined
}

/**
 * The deprovision guard (3.4, 3.5): what an IdP's change of a user comes to where the instance has one. Within the limit it is
 * counted; above it is held, not carried out, and refused.
 * @param saysState whether the request says if the user is to be active: if so, an older one that is held is void
 * @returns what is answered in its place; or the effects that go with it
 */
export function guarded(
  change: UserBeforeAndAfter,
  view: View,
  ctx: Context,
  saysState = true,
): { readonly held: Outcome } | { readonly effects: readonly Effect[] } {
  const { instanceId, _id: userId } = change.after
  const instance = view.instance(instanceId)
  const seen = view.guard(instanceId)
  if (ctx.actor.type !== 'idp' || instance === undefined || seen === undefined) return { effects: [] }
  const taken = deprovisions(change)
  const held = view.held(instanceId, userId)
  if (taken === undefined) {
    const isVoid =
      saysState && held !== undefined && change.after.state === 'active' && change.after.scim.active !== false
    return { effects: isVoid ? forgotten(held, seen.document) : [] }
  }
  const { count, limit, document } = seen
  if (document?.state !== 'tripped' && count < limit) {
    return {
      effects: [
        { kind: 'deprovision', after: { _id: ctx.id, instanceId, at: ctx.now } },
        ...(held === undefined ? [] : forgotten(held, document)),
        ...(count + nearLimit < limit ? [] : [guardEffect(document, { ...(document ?? armed(instanceId)) })]),
      ],
    }
  }
  return { held: hold(change, taken, { seen, held, windowMinutes: settingsOf(instance).guard.windowMinutes }, ctx) }
}

function hold(
  { before, after }: UserBeforeAndAfter,
  taken: 'suspend' | 'delete',
  {
    seen,
    held,
    windowMinutes,
  }: { seen: NonNullable<ReturnType<View['guard']>>; held: HeldDocument | undefined; windowMinutes: number },
  ctx: Context,
): Outcome {
  const { instanceId, document, count } = seen
  const heldCount = seen.held.suspend + seen.held.delete
  const user = before ?? after
  const department = member(member(user.scim, enterpriseUserSchema), 'department')
  const now: HeldDocument = {
    _id: user._id,
    instanceId,
    userName: user.userName,
    change: taken,
    department: typeof department === 'string' ? department : null,
    heldAt: ctx.now,
    requestId: ctx.id,
  }
  const isTrip = document?.state !== 'tripped'
  const isWarning = document?.hasWarned !== true && heldCount + 1 >= heldNearQuarantine
  const effects: Effect[] = [{ kind: 'held', before: held ?? null, after: now }]
  const announcements: Announcement[] = []
  if (isTrip || isWarning) {
    const state = document ?? armed(instanceId)
    effects.push(
      guardEffect(document, {
        ...state,
        ...(isTrip ? { state: 'tripped', trippedAt: ctx.now, superseded: 0, hasWarned: false } : { hasWarned: true }),
      }),
    )
    const type = isTrip ? 'GuardTripped' : 'GuardNearQuarantine'
    const [path, old, value] = isTrip
      ? (['guard', 'armed', 'tripped'] as const)
      : (['guard/held', null, String(heldCount + 1)] as const)
    const changes = [{ kind: 'state' as const, path, old, new: value }]
    announcements.push(instanceFact(type, { instanceId, subject: instanceId, changes }, ctx))
  }
  const slots = { n: `${count} users`, window: `${windowMinutes} minutes` }
  return { effects, announcements, reply: refusal(new Fault('guard-held', slots)) }
}

/** A held change that a later request made void. */
function forgotten(held: HeldDocument, document: GuardDocument | undefined): Effect[] {
  return [
    { kind: 'held', before: held, after: null },
    ...(document === undefined ? [] : [guardEffect(document, { ...document, superseded: document.superseded + 1 })]),
  ]
}

type GuardEffect = Extract<Effect, { kind: 'guard' }>

/** The guard's new state, one version on. */
export function guardEffect(before: GuardDocument | undefined, after: GuardDocument): GuardEffect {
  return { kind: 'guard', before: before ?? null, after: { ...after, version: (before?.version ?? 0) + 1 } }
}

function armed(instanceId: string): GuardDocument {
  return {
    _id: instanceId,
    instanceId,
    state: 'armed',
    trippedAt: null,
    countedFrom: new Date(0),
    superseded: 0,
    hasWarned: false,
    version: 0,
  }
}
