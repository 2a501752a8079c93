import type { JournalRecord } from '@user-provisioning/mongo/journal'
import { counter } from '@user-provisioning/runtime/telemetry'

const committed = counter('workflow.announcements', {
  description: 'Proposals, runs of rules and new objects, committed to be announced, by type.',
})

/** Proposals and facts are stored and about to leave. */
export function noteCommitted(records: readonly JournalRecord[]): void {
  for (const { facts = [] } of records) for (const { type } of facts) committed.add(1, { type })
}
