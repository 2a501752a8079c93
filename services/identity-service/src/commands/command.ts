import type { Actor } from '@user-provisioning/contracts/actor'
import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import type { IdentityFact } from '@user-provisioning/contracts/identity-facts'
import type { RegisterSigningKey, ScimCommand } from '@user-provisioning/contracts/identity-requests'
import type { ProposeFields, ProposeLinks } from '@user-provisioning/contracts/proposals'
import type { Reply } from '@user-provisioning/contracts/reply'
import type { Topic } from '@user-provisioning/contracts/topic'
import type { Mongo } from '@user-provisioning/mongo/connection'
import type { BootstrapAccess } from '../access-tokens/bootstrap-request.ts'
import type { RearmGuard, ReleaseHeld } from '../guard/release-request.ts'
import type { ChangeNativeUser } from '../users/change-native-request.ts'
import type { Effect } from './effect.ts'
import type { View, Wants } from './view.ts'

export type AdminCommandType =
  | 'CreateInstance'
  | 'SaveSettings'
  | 'CreateIntegrationUser'
  | 'IssueApiKey'
  | 'RevokeApiKey'
  | 'CreateUser'
  | 'ChangeUser'
  | 'SuspendUser'
  | 'ReactivateUser'
  | 'DeleteNativeUser'
  | 'UndoUserPickUp'
  | 'UndoGroupPickUp'
  | 'CreateGroup'
  | 'ChangeGroup'
  | 'DeleteNativeGroup'
  | 'AddMember'
  | 'RemoveMember'
  | 'RejectGuard'
  | 'CreateCustomField'
  | 'ChangeCustomField'
  | 'DeleteCustomField'

/** What comes over Kafka, and what the service asks of itself: at its start, and by its jobs. */
type OtherCommand =
  | ScimCommand
  | RegisterSigningKey
  | ProposeFields
  | ProposeLinks
  | BootstrapAccess
  | ChangeNativeUser
  | ReleaseHeld
  | RearmGuard
export type CommandType = OtherCommand['type'] | AdminCommandType
export type CommandOf<Type extends CommandType> = Type extends AdminCommandType
  ? AdminRequest
  : Extract<OtherCommand, { type: Type }>
export type Command = OtherCommand | AdminRequest

/** What a decision knows beside the command and what was read. */
export interface Context {
  /** The request id, or the proposal's: facts are numbered under it. */
  readonly id: string
  readonly now: Date
  /** Who asks, found in order: an IdP, an admin, an engine. */
  readonly actor: Actor
  /** An id that nothing has yet, for what the command makes without bringing one. */
  readonly mintedId: string
}

/** What a fact goes back to, where that is not the request at hand. */
export interface FactOrigin {
  readonly cause?: 'request' | 'proposal' | 'job'
  readonly correlationId?: string
}

type WithoutId<Fact> = Fact extends unknown ? Omit<Fact, 'id'> : never
/** A fact before it is numbered. */
type NewFact = WithoutId<IdentityFact>

export interface FactAnnouncement {
  readonly kind: 'fact'
  readonly fact: NewFact
}

/** What is to be told to others, in this order. */
export type Announcement =
  | FactAnnouncement
  /** The new state of something that every replica holds in memory. */
  | {
      readonly kind: 'state'
      readonly topic: Topic
      readonly key: string
      readonly type: string
      readonly value: unknown
    }

export interface Outcome {
  readonly effects: readonly Effect[]
  readonly announcements: readonly Announcement[]
  /** Null: nobody waits for an answer. */
  readonly reply: Reply | null
}

/**
 * One operation: what it has to see, and what it then decides. `decide` is pure: it throws a Fault or ScimError to refuse,
 * and what it gives is applied to the view for the commands behind it. What changes more memberships than one transaction may
 * is `too-large`, and goes `inParts`.
 */
export interface Operation<Message> {
  readonly needs: (message: Message, want: Wants) => void
  readonly decide: (message: Message, view: View, ctx: Context) => Outcome | 'too-large'
  readonly inParts?: InParts<Message>
}

/**
 * A command in several transactions: `begin`, then each phase for as long as it has more, then `end`. Only `begin` may refuse.
 * After a crash it goes on where it was; a part that is read again finds what is done, and does the rest.
 */
export interface InParts<Message> {
  /** What it does beside memberships, or an answer that is all. Sees what the operation needs. */
  readonly begin: (message: Message, view: View, ctx: Context) => BegunStep | { readonly reply: Reply | null }
  readonly phases: (message: Message) => readonly Phase[]
  /** Sees what the operation needs as it is now. @param hasChanged whether a phase has changed anything */
  readonly end: (message: Message, view: View, ctx: Context, hasChanged: boolean) => Outcome
}

export type Step = Pick<Outcome, 'effects' | 'announcements'>

/** @property early what may be answered once this step is durable, see `EarlyReply` */
type BegunStep = Step & { readonly early: { readonly reply: Reply; readonly atOnce: boolean } }

/**
 * Reads and decides what comes next after a place, at the first '' .
 * @param share how much of what one transaction may do, above 0 and at most 1: less where it met others
 * @returns `next`: the place to go on from, if there is more
 */
export type Phase = (
  after: string,
  store: PartStore,
  ctx: Context,
  share: number,
) => Promise<Step & { readonly next?: string | undefined }>

/** What a phase reads from. */
export interface PartStore {
  readonly mongo: Mongo
  readonly read: (ask: (want: Wants) => void) => Promise<View>
}

/** The operation with its message's type, declared. */
export function operation<Type extends CommandType>(
  _type: Type,
  declared: Operation<CommandOf<Type>>,
): Operation<CommandOf<Type>> {
  return declared
}

/** An outcome that changes nothing. */
export function unchanged(reply: Reply | null): Outcome {
  return { effects: [], announcements: [], reply }
}
