import { expect, test } from 'vitest'
import type { LogEntry } from '../provisioning-log/log-entry.ts'
import { sortEntries } from './entry-store.ts'

test('an entry that the ingress tells of in the same group is not awaited', () => {
  const entry = (_id: string) => ({ _id }) as LogEntry
  const { log, awaited } = sortEntries([
    { kind: 'awaited', entry: entry('r1') },
    { kind: 'awaited', entry: entry('r2') },
    { kind: 'log', entry: entry('r1') },
  ])
  expect(log.map(({ _id }) => _id)).toEqual(['r1'])
  expect(awaited.map(({ _id }) => _id)).toEqual(['r2'])
})
