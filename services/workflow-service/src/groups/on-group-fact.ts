import type { IdentityFact } from '@user-provisioning/contracts/identity-facts'
import type { Received } from '@user-provisioning/messaging/consumer'
import type { WorkflowCommitter } from '../workflow-committer.ts'

/**
 * Notes a group, so that rules find it. One that is renamed, deleted or picked up is another thing to the rules that made users
 * members of it: they are looked at again.
 */
export async function onGroupFact(
  { value: fact, partition }: Received<IdentityFact>,
  committer: Pick<WorkflowCommitter, 'submit'>,
): Promise<void> {
  if (!('group' in fact) || fact.type === 'MembersChanged') return
  const { instanceId, correlationId } = fact
  const objectId = fact.group.id
  const { reply } = await committer.submit({
    requestId: `${fact.id}/group`,
    partition,
    input: { kind: 'group-fact', fact },
  })
  if (reply !== 'other') return
  const requestId = `${fact.id}/relink`
  const input = { kind: 'relink', requestId, instanceId, objectId, correlationId } as const
  await committer.submit({ requestId, partition, key: objectId, input })
}
