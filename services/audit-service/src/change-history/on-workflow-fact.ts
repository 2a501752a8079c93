import type { WorkflowFact } from '@user-provisioning/contracts/engine-facts'
import type { Received } from '@user-provisioning/messaging/consumer'
import type { EntryWriter } from '../entries/entry-store.ts'
import { entriesOfWorkflowFact } from './history-entry.ts'

/** Remembers which objects the rules did not find, and what became of rules, objects and their types. */
export function onWorkflowFact(writer: Pick<EntryWriter, 'write'>) {
  return ({ value: fact }: Received<WorkflowFact>): Promise<void> =>
    writer.write(entriesOfWorkflowFact(fact).map((entry) => ({ kind: 'history', entry })))
}
