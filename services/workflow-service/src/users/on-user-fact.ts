import type { IdentityFact } from '@user-provisioning/contracts/identity-facts'
import type { Received } from '@user-provisioning/messaging/consumer'
import type { WorkflowCommitter } from '../workflow-committer.ts'
import { proposalId } from './propose-links.ts'
import { mayTriggerRules } from './user-copy.ts'

/** Runs the rules over what changed in a user's fields. Facts about groups and instances are not for rules. */
export function onUserFact(committer: Pick<WorkflowCommitter, 'submit'>) {
  return async ({ value: fact, partition }: Received<IdentityFact>): Promise<void> => {
    if (!('user' in fact) || !mayTriggerRules(fact)) return
    await committer.submit({ requestId: proposalId(fact), partition, input: { kind: 'user-fact', fact } })
  }
}
