import type { JournalRecord } from '@user-provisioning/mongo/journal'
import { counter } from '@user-provisioning/runtime/telemetry'

const committed = counter('mapping.announcements', {
  description: 'Proposals and facts about rows that failed, committed to be announced, by type.',
})

/** Proposals and facts are stored and about to leave. */
export function noteCommitted(records: readonly JournalRecord[]): void {
  for (const { facts = [] } of records) for (const { type } of facts) committed.add(1, { type })
}
