import type { IdentityFact } from '@user-provisioning/contracts/identity-facts'
import type { Received } from '@user-provisioning/messaging/consumer'
import type { JsonObject } from '@user-provisioning/scim/json'
import { attributePaths } from '../attributes/attribute-paths.ts'
import type { AttributesSeen } from '../attributes/attributes-seen.ts'
import type { MappingCommitter } from '../mapping-committer.ts'
import { proposalId } from './propose-fields.ts'
import { carriesScimState } from './user-copy.ts'

/** Proposes field values for what an IdP made of a user, and counts the attributes that it has. Facts about groups and instances are not for mapping. */
export function onUserFact(committer: Pick<MappingCommitter, 'submit'>, seen: Pick<AttributesSeen, 'note'>) {
  return async ({ value: fact, partition }: Received<IdentityFact>): Promise<void> => {
    if (!('user' in fact) || !carriesScimState(fact)) return
    if (fact.actor.type === 'idp' && fact.user.state !== 'deleted') {
      seen.note(fact.instanceId, attributePaths(fact.user.scim as JsonObject))
    }
    await committer.submit({ requestId: proposalId(fact), partition, input: { kind: 'user-fact', fact } })
  }
}
