import type { IdentityFact } from '@user-provisioning/contracts/identity-facts'
import type { Received } from '@user-provisioning/messaging/consumer'
import type { Entry, EntryWriter } from '../entries/entry-store.ts'
import { entryOfFact } from '../provisioning-log/log-entry.ts'
import { entriesOfIdentityFact } from './history-entry.ts'

/** Remembers each change, and awaits the log entry of the request that led to it. */
export function onIdentityFact(writer: Pick<EntryWriter, 'write'>) {
  return async ({ value: fact }: Received<IdentityFact>): Promise<void> => {
    const entries: Entry[] = entriesOfIdentityFact(fact).map((entry) => ({ kind: 'history', entry }))
    const awaited = entryOfFact(fact)
    if (awaited) entries.push({ kind: 'awaited', entry: awaited })
    await writer.write(entries)
  }
}
