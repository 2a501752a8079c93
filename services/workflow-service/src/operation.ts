import type { Actor, Change } from '@user-provisioning/contracts/actor'
import { adminRoutes, type OperationId } from '@user-provisioning/contracts/admin/routes'
import type { AdminAnswer, AdminBody, AdminRequest } from '@user-provisioning/contracts/admin-requests'
import type { WorkflowFact } from '@user-provisioning/contracts/engine-facts'
import type { Write } from '@user-provisioning/mongo/write'
import type { Wants, WorkflowView } from './workflow-view.ts'

/** What a decision about an admin request knows beside the request and what was read. */
export interface Context {
  readonly instanceId: string
  /** The id minted for what the request makes, or the entity that it names. */
  readonly entityId: string
  readonly actor: Actor
  readonly now: Date
}

/** A fact without what every fact of a request has. */
export type NewFact = WorkflowFact extends infer Fact
  ? Fact extends WorkflowFact
    ? Omit<Fact, 'id' | 'instanceId' | 'at' | 'correlationId'>
    : never
  : never

export interface Outcome<Operation extends OperationId> {
  readonly writes: readonly Write[]
  readonly facts: readonly NewFact[]
  readonly answer: AdminAnswer<Operation>
  /** What a dry run says would be different. */
  readonly diff?: readonly Change[]
}

/**
 * One admin command: what it has to see, and what it then decides. `decide` throws a Fault to refuse, and leaves what it
 * changes in the view for the inputs behind it.
 */
export interface Operation<Id extends OperationId> {
  readonly needs: (request: AdminRequest, want: Wants, instanceId: string) => void
  readonly decide: (request: AdminRequest, view: WorkflowView, ctx: Context) => Outcome<Id>
}

/** The operation with the id of its route, declared. */
export function operation<const Id extends OperationId>(_id: Id, declared: Operation<Id>): Operation<Id> {
  return declared
}

/** A request's body, with the defaults of its route: an ingress of the version before may not know them all. */
export function bodyOf<Id extends OperationId>(id: Id, { body }: AdminRequest): AdminBody<Id> {
  return adminRoutes[id].body?.parse(body) as AdminBody<Id>
}
