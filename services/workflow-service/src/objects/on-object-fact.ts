import type { WorkflowFact } from '@user-provisioning/contracts/engine-facts'
import type { Received } from '@user-provisioning/messaging/consumer'
import type { WorkflowCommitter } from '../workflow-committer.ts'

/** Looks again at the users who are linked to an object that was changed, merged or deleted. */
export function onObjectFact(committer: Pick<WorkflowCommitter, 'submit'>) {
  return async ({ value: fact, partition }: Received<WorkflowFact>): Promise<void> => {
    const { type, instanceId, entityId: objectId, correlationId } = fact
    if (type !== 'ObjectChanged' && type !== 'ObjectMerged' && type !== 'ObjectDeleted') return
    const requestId = `${fact.id}/relink`
    const into = fact.into === undefined ? {} : { into: fact.into }
    const input = { kind: 'relink', requestId, instanceId, objectId, correlationId, ...into } as const
    await committer.submit({ requestId, partition, key: objectId, input })
  }
}
