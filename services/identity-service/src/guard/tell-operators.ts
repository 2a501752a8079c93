import type { InstanceFact } from '@user-provisioning/contracts/identity-facts'
import type { JournalRecord } from '@user-provisioning/mongo/journal'
import type { Logger } from '@user-provisioning/runtime/logging'
import { guardTripped } from '../telemetry.ts'

/** One line and one count for each trip of a guard that was committed, and one line where an IdP may soon give up. */
export function tellOperators(records: readonly JournalRecord[], log: Logger): void {
  for (const { facts = [] } of records) {
    for (const { type, value } of facts) {
      if (type !== 'GuardTripped' && type !== 'GuardNearQuarantine') continue
      const { instanceId, correlationId } = value as InstanceFact
      if (type === 'GuardTripped') guardTripped(instanceId)
      log.warn(
        { instanceId, correlationId },
        type === 'GuardTripped'
          ? 'The deprovision guard has tripped: suspensions and deletions are held until they are released or rejected'
          : 'The deprovision guard holds so many changes that the IdP may quarantine the connector',
      )
    }
  }
}
