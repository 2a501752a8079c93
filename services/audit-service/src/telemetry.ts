import { counter, observedGauge } from '@user-provisioning/runtime/telemetry'

const unattributed = counter('audit.unattributed.requests', {
  description: 'Requests of IdPs whose token said no instance that could be trusted, kept and omitted.',
})
const made = counter('audit.entries.made', {
  description: 'Log entries made from facts because the ingress was lost before it could tell.',
})

/** A request that belongs to no instance came. */
export function noteUnattributed(isKept: boolean): void {
  unattributed.add(1, { kept: String(isKept) })
}

/** Log entries were made from facts. */
export function noteEntriesMade(count: number): void {
  if (count > 0) made.add(count)
}

/** How many messages wait for their entries to be written. */
export function watchQueue(queued: () => number): void {
  observedGauge('audit.entries.queued', { description: 'Messages whose entries wait to be written.' }, queued)
}
