import { defineCollection } from '@user-provisioning/mongo/collection-definition'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { update } from '@user-provisioning/mongo/write'
import { entryIndexes } from '../entries/entry-page.ts'
import type { LogEntry } from './log-entry.ts'

export const provisioningLog = defineCollection<LogEntry>({
  name: 'provisioningLog',
  scope: 'instance',
  schema: {
    at: { type: Date, required: true },
    apiKeyId: String,
    clientProfile: String,
    method: String,
    resource: String,
    target: Object,
    outcome: String,
    status: Number,
    scimType: String,
    code: String,
    detail: String,
    durationMs: Number,
    idpRequestId: String,
    droppedAttributes: [String],
    quirks: [String],
    wouldPickUp: String,
    fromFact: Boolean,
    persons: [String],
  },
  indexes: entryIndexes,
})

/** Writes entries once each. The ingress' own entry takes the place of one that was made from a fact meanwhile. */
export async function writeLogEntries(mongo: Mongo, entries: readonly LogEntry[]): Promise<void> {
  const inserted = await mongo.insertAbsent(provisioningLog, entries)
  const replacements = entries
    .filter(({ _id, fromFact }) => !fromFact && !inserted.has(_id))
    .map(({ _id, instanceId, ...entry }) =>
      update(provisioningLog, instanceId, { _id, fromFact: true }, { $set: entry }, { expect: 'any' }),
    )
  await mongo.apply(replacements)
}
