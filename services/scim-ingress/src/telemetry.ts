import type { RequestAnswered } from '@user-provisioning/contracts/ingress-facts'
import { counter, histogram } from '@user-provisioning/runtime/telemetry'

const answered = histogram('scim.request.duration', {
  description: 'From the arrival of an IdP request to its answer, by method, resource and outcome.',
  unit: 'ms',
})
const refused = counter('scim.refusals', { description: 'Requests of IdPs that were not carried out, by error code.' })
const quirks = counter('scim.quirks', {
  description: 'Requests of IdPs that are not as the RFCs have it and were understood, by quirk and client.',
})
const adminAnswered = histogram('admin.request.duration', {
  description: 'From the arrival of an admin request to its answer, by method and status.',
  unit: 'ms',
})

const knownResources = new Set(['Users', 'Groups', 'ServiceProviderConfig', 'ResourceTypes', 'Schemas', 'Bulk', 'Me'])

/** An IdP has its answer. */
export function noteScimAnswer(entry: RequestAnswered): void {
  // A label takes only values that we chose: an address is the client's.
  const resource = knownResources.has(entry.resource) ? entry.resource : 'other'
  answered.record(entry.durationMs, { method: entry.method, resource, outcome: entry.outcome })
  if (entry.code !== null) refused.add(1, { code: entry.code })
  for (const quirk of entry.quirks ?? []) quirks.add(1, { quirk, client: entry.clientProfile })
}

/** An admin, the console or a tool has its answer. */
export function noteAdminAnswer(method: string, status: number, durationMs: number): void {
  adminAnswered.record(durationMs, { method, status })
}
