import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'

/**
 * The instance and the id minted for what an admin request creates there.
 * @throws Error for a message without them: its route's record promises both
 */
export function createdIn(message: AdminRequest): { instanceId: string; entityId: string } {
  const { instanceId, entityId } = message
  if (instanceId === null || entityId === null) throw new Error(`${message.type} came without instance or entity`)
  return { instanceId, entityId }
}
