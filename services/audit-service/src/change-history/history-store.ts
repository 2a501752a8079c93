import { type CollectionDefinition, defineCollection } from '@user-provisioning/mongo/collection-definition'
import { entryIndexes } from '../entries/entry-page.ts'
import type { HistoryEntry } from './history-entry.ts'

export const changeHistory: CollectionDefinition<HistoryEntry> = defineCollection<HistoryEntry>({
  name: 'changeHistory',
  scope: 'instance',
  schema: {
    at: { type: Date, required: true },
    subject: Object,
    kind: String,
    path: String,
    old: Object,
    new: Object,
    actor: Object,
    cause: Object,
    correlationId: String,
    persons: [String],
  },
  indexes: entryIndexes,
})
