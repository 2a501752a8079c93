import type { JsonValue } from '@user-provisioning/scim/json'
import { z } from 'zod'
import { json, jsonObject } from './actor.ts'
import { describeFault, Fault, isErrorCode, itemFault } from './errors.ts'
import { member } from './images.ts'
import { listPosition } from './scim-requests.ts'

/** A user as SCIM shows it; the ingress adds id, schemas, meta and `$ref`. */
export const userSnapshot = z.strictObject({
  kind: z.literal('user'),
  id: z.string(),
  managed: z.boolean(),
  scim: jsonObject,
  scimVersion: z.int().nonnegative(),
  createdAt: z.iso.datetime(),
  modifiedAt: z.iso.datetime(),
  /** Null: too many for a list; reading the user alone gives them. */
  groups: z.array(z.strictObject({ id: z.string(), name: z.string(), direct: z.boolean() })).nullable(),
})

/** Members of a group, in the order of their ids. */
const membersPage = {
  members: z.array(member),
  /** There may be more, whose ids are above this one (all of them, where it is empty): `ReadMembers` gives them. */
  moreAfter: z.string().optional(),
}

/** A group as SCIM shows it, with its first members; `members` is null where they were not read. */
export const groupSnapshot = z.strictObject({
  kind: z.literal('group'),
  id: z.string(),
  managed: z.boolean(),
  scim: jsonObject,
  scimVersion: z.int().nonnegative(),
  createdAt: z.iso.datetime(),
  modifiedAt: z.iso.datetime(),
  ...membersPage,
  members: membersPage.members.nullable(),
  /** The group was asked to have so many members that it was answered before all of them were written. */
  membersUnderWay: z.boolean().optional(),
})

export const snapshot = z.discriminatedUnion('kind', [userSnapshot, groupSnapshot])

export const fault = z.strictObject({
  code: z.string(),
  slots: z.record(z.string(), z.string()),
  /** Each fault of several in a body, as in `errors` of a problem. */
  items: z.array(itemFault).optional(),
  /** Members of the problem beside those that every problem has. */
  members: jsonObject.optional(),
})

/** What an owner answers a request or query. */
export const reply = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('created'), resource: snapshot }),
  z.strictObject({ outcome: z.literal('read'), resource: snapshot }),
  z.strictObject({ outcome: z.literal('changed'), resource: snapshot }),
  z.strictObject({ outcome: z.literal('deleted') }),
  /** The name is a native's: send the same request with that entity's key. */
  z.strictObject({ outcome: z.literal('native'), entityId: z.string() }),
  z.strictObject({
    outcome: z.literal('list'),
    total: z.int().nonnegative(),
    resources: z.array(snapshot),
    /** Of a walk by cursor: the last resource's place, if there are more behind it. */
    next: listPosition.optional(),
    /** In report-only mode: whom this lookup would have picked up. */
    wouldPickUp: z.string().optional(),
  }),
  z.strictObject({
    outcome: z.literal('members'),
    /** In the order in which they were asked for. */
    groups: z.array(z.strictObject({ id: z.string(), ...membersPage })),
  }),
  /** The answer to an admin request; its route's record has the shape. `replayed`: it had been carried out before. */
  z.strictObject({ outcome: z.literal('admin'), result: json, replayed: z.boolean().optional() }),
  z.strictObject({ outcome: z.literal('refused'), fault }),
])

export type UserSnapshot = z.infer<typeof userSnapshot>
export type GroupSnapshot = z.infer<typeof groupSnapshot>
export type Snapshot = z.infer<typeof snapshot>
export type Reply = z.infer<typeof reply>

/**
 * The answer to an admin request.
 * @param result what the route's record calls `answer`, as JSON has it
 */
export function adminReply(result: object): Extract<Reply, { outcome: 'admin' }> {
  return { outcome: 'admin', result: result as JsonValue }
}

/** The answer that a fault is. */
export function refusal({ code, slots, items, members }: Fault): Reply {
  return {
    outcome: 'refused',
    fault: {
      code,
      slots: { ...slots },
      ...(items.length === 0 ? {} : { items: [...items] }),
      ...(Object.keys(members).length === 0 ? {} : { members: { ...members } }),
    },
  }
}

/** What a refusal says of itself, for who reads of it in a list; its code where this catalogue does not have it. */
export function refusalDetail({ code, slots }: z.infer<typeof fault>): string {
  return isErrorCode(code) ? describeFault({ code, slots }).detail : code
}

/**
 * An owner's answer, unless it is a refusal.
 * @throws Fault the refusal; internal-error for a code that this catalogue does not have
 */
export function accepted(reply: Reply): Reply {
  if (reply.outcome !== 'refused') return reply
  const { code, slots, items = [], members = {} } = reply.fault
  if (isErrorCode(code)) throw new Fault(code, slots, { items, members })
  throw new Fault('internal-error', {}, { internal: `refused with the unknown code ${code}` })
}
