import type { IdentityFact, UserFact } from '@user-provisioning/contracts/identity-facts'
import type { Received } from '@user-provisioning/messaging/consumer'
import type { Committer } from '@user-provisioning/mongo/committer'
import { proposalId } from './propose-fields.ts'
import { carriesScimState } from './user-copy.ts'

/** Proposes field values for what an IdP made of a user. Facts about groups and instances are not for mapping. */
export function onUserFact(committer: Pick<Committer<UserFact>, 'submit'>) {
  return async ({ value: fact, partition }: Received<IdentityFact>): Promise<void> => {
    if (!('user' in fact) || !carriesScimState(fact)) return
    await committer.submit({ requestId: proposalId(fact), partition, input: fact })
  }
}
