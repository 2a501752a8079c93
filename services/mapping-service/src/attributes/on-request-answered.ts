import type { IngressFact } from '@user-provisioning/contracts/ingress-facts'
import type { Received } from '@user-provisioning/messaging/consumer'
import type { AttributesSeen } from './attributes-seen.ts'

/** Counts the attributes that a known schema does not have: the ingress alone has seen them. */
export function onRequestAnswered(seen: Pick<AttributesSeen, 'noteDropped'>) {
  return async ({ value: { instanceId, resource, droppedAttributes } }: Received<IngressFact>): Promise<void> => {
    if (instanceId !== null && resource === 'Users') seen.noteDropped(instanceId, droppedAttributes)
  }
}
