import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import type { Committer, Decision } from '@user-provisioning/mongo/committer'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { createObject, requestedObject } from './objects/create-object.ts'
import { type ObjectBook, type ObjectName, readObjects } from './objects/object-store.ts'
import { wantedObjects } from './rules/run-rules.ts'
import { defaultRuleSet } from './rules/workflow-rule.ts'
import { proposeLinks, type UserCopies } from './users/propose-links.ts'
import { userCopies } from './users/user-copy-store.ts'

/** What this service commits: in one stream, so that a fact sees the objects created before it. */
export type WorkflowInput =
  | { readonly kind: 'user-fact'; readonly fact: UserFact }
  | { readonly kind: 'create-object'; readonly request: AdminRequest }

export interface WorkflowView {
  readonly copies: UserCopies
  readonly book: ObjectBook
}

export type WorkflowCommitter = Committer<WorkflowInput>

/** Reads what a group of inputs needs, in two queries whatever its size. */
export async function readView(mongo: Mongo, inputs: readonly WorkflowInput[]): Promise<WorkflowView> {
  const facts = inputs.flatMap((input) => (input.kind === 'user-fact' ? [input.fact] : []))
  const keys = facts.map(({ instanceId, user }) => ({ instanceId, id: user.id }))
  const [stored, book] = await Promise.all([
    mongo.readByIds(userCopies, keys),
    readObjects(mongo, inputs.flatMap(objectsOf)),
  ])
  return { copies: new Map(stored.map((copy) => [copy._id, copy])), book }
}

/** Decides one input; what it changes is in `view` for the inputs that follow in its group. */
export function decide(input: WorkflowInput, view: WorkflowView, now: Date): Decision {
  switch (input.kind) {
    case 'user-fact':
      return proposeLinks(input.fact, view, defaultRuleSet, now)
    case 'create-object':
      return createObject(input.request, view.book, now)
  }
}

function objectsOf(input: WorkflowInput): ObjectName[] {
  if (input.kind === 'create-object') return [requestedObject(input.request)]
  const { instanceId, user } = input.fact
  return wantedObjects(defaultRuleSet.rules, user.fields).map((wanted) => ({ instanceId, ...wanted }))
}
