import type { MappingFact } from '@user-provisioning/contracts/engine-facts'
import type { Received } from '@user-provisioning/messaging/consumer'
import type { EntryWriter } from '../entries/entry-store.ts'
import { entriesOfMappingFact } from './history-entry.ts'

/** Remembers which mapping rows failed. */
export function onMappingFact(writer: Pick<EntryWriter, 'write'>) {
  return ({ value: fact }: Received<MappingFact>): Promise<void> =>
    writer.write(entriesOfMappingFact(fact).map((entry) => ({ kind: 'history', entry })))
}
