import { defineCollection } from '@user-provisioning/mongo/collection-definition'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { remove } from '@user-provisioning/mongo/write'
import type { LogEntry } from './log-entry.ts'
import { provisioningLog, writeLogEntries } from './log-store.ts'

/** What a fact tells of an IdP's request whose log entry has yet to come from the ingress, by correlation id. */
interface AwaitedEntry {
  readonly _id: string
  readonly instanceId: string
  readonly dueAt: Date
  readonly entry: LogEntry
}

export const awaitedEntries = defineCollection<AwaitedEntry>({
  name: 'awaitedEntries',
  scope: 'global',
  schema: { instanceId: String, dueAt: { type: Date, required: true }, entry: Object },
  indexes: [{ keys: { dueAt: 1 } }],
})

/** How long the ingress has to tell of a request before the fact must do. */
export const awaitEntryMs = 60_000

const sweepSize = 500

/** Notes entries that must come from the ingress within `awaitEntryMs` from now. */
export async function awaitEntries(mongo: Mongo, entries: readonly LogEntry[], now: Date): Promise<void> {
  const dueAt = new Date(now.getTime() + awaitEntryMs)
  await mongo.insertAbsent(
    awaitedEntries,
    entries.map((entry) => ({ _id: entry._id, instanceId: entry.instanceId, dueAt, entry })),
  )
}

/**
 * Makes the log entries that are due and did not come. What is done twice, by two replicas or after a crash, has the
 * outcome of once: entries are unique, and one is only struck off when it is in the log.
 * @returns how many entries were made
 */
export async function sweepAwaitedEntries(mongo: Mongo, now: Date): Promise<number> {
  let made = 0
  for (;;) {
    const due = await mongo
      .global(awaitedEntries)
      .find({ dueAt: { $lte: now } }, { sort: { dueAt: 1 }, limit: sweepSize })
    if (due.length === 0) return made
    const keys = due.map(({ _id, instanceId }) => ({ id: _id, instanceId }))
    const logged = new Set((await mongo.readByIds(provisioningLog, keys)).map(({ _id }) => _id))
    const missing = due.filter(({ _id }) => !logged.has(_id)).map(({ entry }) => entry)
    await writeLogEntries(mongo, missing)
    await mongo.apply([remove(awaitedEntries, null, { _id: { $in: due.map(({ _id }) => _id) } }, { expect: 'any' })])
    made += missing.length
    if (due.length < sweepSize) return made
  }
}
