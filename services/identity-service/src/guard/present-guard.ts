import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import type { InstanceDocument } from '../instances/instance-document.ts'
import { settingsOf } from '../settings/settings.ts'
import { heldNearQuarantine } from './guarded.ts'
import type { GuardSeen } from './read-guard-state.ts'

type Guard = AdminAnswer<'readGuard'>

/** The guard as the admin API shows it. @param common what the held changes have in common */
export function presentGuard(instance: InstanceDocument, seen: GuardSeen, common: Guard['common']): Guard {
  const { guard } = settingsOf(instance)
  const { document, count, limit, held } = seen
  const heldCount = held.suspend + held.delete
  return {
    instanceId: instance._id,
    state: guard.enabled ? (document?.state ?? 'armed') : 'off',
    count,
    limit,
    windowMinutes: guard.windowMinutes,
    trippedAt: document?.state === 'tripped' ? (document.trippedAt?.toISOString() ?? null) : null,
    heldCount,
    heldSuspensions: held.suspend,
    heldDeletions: held.delete,
    superseded: document?.superseded ?? 0,
    quarantineRisk: heldCount >= heldNearQuarantine,
    common,
  }
}
