import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import type { UserDocument } from '../users/user-document.ts'

/** The integration user as the admin API shows it. */
export function presentIntegrationUser(user: UserDocument): AdminAnswer<'createIntegrationUser'> {
  return {
    id: user._id,
    instanceId: user.instanceId,
    userName: user.userName,
    role: user.role ?? 'viewer',
    state: user.state === 'suspended' ? 'suspended' : 'active',
    version: user.version,
    createdAt: user.meta.created.toISOString(),
    changedAt: user.changedAt.toISOString(),
  }
}
