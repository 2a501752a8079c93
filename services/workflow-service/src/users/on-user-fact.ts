import type { IdentityFact } from '@user-provisioning/contracts/identity-facts'
import type { Received } from '@user-provisioning/messaging/consumer'
import type { WorkflowCommitter } from '../workflow-committer.ts'
import { mayTriggerRules } from './user-copy.ts'

/** Runs the rules over what changed in a user's fields. */
export async function onUserFact(
  { value: fact, partition }: Received<IdentityFact>,
  committer: Pick<WorkflowCommitter, 'submit'>,
): Promise<void> {
  if (!('user' in fact) || !mayTriggerRules(fact)) return
  // One for one fact, however often the fact comes: the id of the proposal, too.
  await committer.submit({ requestId: `${fact.id}/workflow`, partition, input: { kind: 'user-fact', fact } })
}
