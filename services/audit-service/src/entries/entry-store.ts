import type { Mongo } from '@user-provisioning/mongo/connection'
import { isTransient } from '@user-provisioning/mongo/store-errors'
import type { HistoryEntry } from '../change-history/history-entry.ts'
import { changeHistory } from '../change-history/history-store.ts'
import { awaitEntries } from '../provisioning-log/awaited-entries.ts'
import type { LogEntry } from '../provisioning-log/log-entry.ts'
import { writeLogEntries } from '../provisioning-log/log-store.ts'
import { createGroupWriter, type GroupWriter } from './group-writer.ts'

/** What a message leaves behind. An awaited entry is the log entry that a fact makes if the ingress tells of none. */
export type Entry =
  | { readonly kind: 'history'; readonly entry: HistoryEntry }
  | { readonly kind: 'log'; readonly entry: LogEntry }
  | { readonly kind: 'awaited'; readonly entry: LogEntry }

/** Whoever is given entries has them stored, once each, when its promise resolves. */
export type EntryWriter = GroupWriter<Entry>

const maxGroup = 1_000

/** @param clock the time now, for what must come by then */
export function openEntryWriter(mongo: Mongo, clock: () => Date): EntryWriter {
  return createGroupWriter<Entry>({
    maxItems: maxGroup,
    isTransient,
    laneOf: ({ entry }) => entry.instanceId,
    async writeAll(entries) {
      const { history, log, awaited } = sortEntries(entries)
      await Promise.all([
        mongo.insertAbsent(changeHistory, history),
        writeLogEntries(mongo, log),
        awaitEntries(mongo, awaited, clock()),
      ])
    },
  })
}

/** The entries by kind. What the ingress tells of in the same group is not awaited. */
export function sortEntries(entries: readonly Entry[]) {
  const history: HistoryEntry[] = []
  const log: LogEntry[] = []
  const expected: LogEntry[] = []
  for (const { kind, entry } of entries) {
    if (kind === 'history') history.push(entry)
    else if (kind === 'log') log.push(entry)
    else expected.push(entry)
  }
  const told = new Set(log.map(({ _id }) => _id))
  return { history, log, awaited: expected.filter(({ _id }) => !told.has(_id)) }
}
