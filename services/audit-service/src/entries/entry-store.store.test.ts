import { randomUUID } from 'node:crypto'
import { startStores } from '@user-provisioning/devstack/stores'
import { connectMongo, type Mongo } from '@user-provisioning/mongo/connection'
import { createLogger } from '@user-provisioning/runtime/logging'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HistoryEntry } from '../change-history/history-entry.ts'
import { changeHistory } from '../change-history/history-store.ts'
import { readChangeHistory } from '../change-history/read-change-history.ts'
import { awaitEntries, awaitEntryMs, awaitedEntries, sweepAwaitedEntries } from '../provisioning-log/awaited-entries.ts'
import type { LogEntry } from '../provisioning-log/log-entry.ts'
import { provisioningLog } from '../provisioning-log/log-store.ts'
import { readProvisioningLog } from '../provisioning-log/read-provisioning-log.ts'
import { keepUnattributed, unattributedRequests } from '../provisioning-log/unattributed-requests.ts'
import { entryFilter } from './entry-page.ts'
import { openEntryWriter } from './entry-store.ts'

const stack = new AsyncDisposableStack()
let mongo: Mongo

beforeAll(async () => {
  const uri = process.env.MONGODB_URI ?? stack.use(await startStores()).mongodbUri
  const log = createLogger({ service: 'audit-service', replica: 'test', level: 'silent' })
  mongo = stack.use(await connectMongo({ uri, database: `audit-test-${randomUUID().slice(0, 8)}`, log }))
  stack.defer(async () => void (await mongo.native.dropDatabase()))
  await mongo.ensureIndexes([changeHistory, provisioningLog, awaitedEntries, unattributedRequests])
})
afterAll(() => stack.disposeAsync())

const now = new Date('2026-11-02T09:30:00.000Z')
const later = (ms: number) => new Date(now.getTime() + ms)

function historyEntry(instanceId: string, n: number, more: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    _id: `${instanceId}/${n}`,
    instanceId,
    at: later(n),
    subject: { type: 'user', id: 'u1', name: 'Nora@harbour.test' },
    kind: 'attribute',
    path: 'manager',
    old: null,
    new: { value: 'm1', $ref: '../Users/m1', 'a.b': [1] },
    actor: { type: 'idp', id: 'k1', name: 'Entra' },
    cause: { type: 'request', id: 'r1' },
    correlationId: 'r1',
    persons: ['u1', 'nora@harbour.test'],
    ...more,
  }
}

function logEntry(instanceId: string, more: Partial<LogEntry> = {}): LogEntry {
  return {
    _id: randomUUID(),
    instanceId,
    at: now,
    apiKeyId: 'k1',
    clientProfile: 'entra',
    method: 'POST',
    resource: 'Users',
    target: { id: 'u1', name: 'nora' },
    outcome: 'success',
    status: 201,
    scimType: null,
    code: null,
    detail: null,
    durationMs: 8.2,
    idpRequestId: null,
    droppedAttributes: [],
    quirks: [],
    fromFact: false,
    persons: ['u1', 'nora'],
    ...more,
  }
}

const history = (instanceId: string, query: Record<string, string | number> = {}) =>
  readChangeHistory(mongo, instanceId, { query: { limit: 200, ...query } }, now)
const log = (instanceId: string) => readProvisioningLog(mongo, instanceId, { query: {} }, now)

describe('the change history', () => {
  test('keeps each entry once, however often and in whatever order it comes', async () => {
    const instanceId = randomUUID()
    const writer = openEntryWriter(mongo, () => now)
    const entries = [0, 1, 2, 3].map((n) => ({ kind: 'history' as const, entry: historyEntry(instanceId, n) }))
    await Promise.all([
      writer.write(entries.slice(2)),
      writer.write(entries),
      writer.write(entries.slice(0, 3)),
      writer.write(entries),
    ])
    const { items } = await history(instanceId)
    expect(items.map(({ id }) => id)).toEqual([3, 2, 1, 0].map((n) => `${instanceId}/${n}`))
    expect(items[0]?.new).toEqual({ value: 'm1', $ref: '../Users/m1', 'a.b': [1] })
  })

  test('is read page by page without a gap or a repetition, entries of one moment too', async () => {
    const instanceId = randomUUID()
    const writer = openEntryWriter(mongo, () => now)
    const entries = [0, 1, 2, 3, 4, 5, 6].map((n) => historyEntry(instanceId, n, { at: later(n < 5 ? 0 : n) }))
    await writer.write(entries.map((entry) => ({ kind: 'history', entry })))
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await history(instanceId, { limit: 2, ...(after === undefined ? {} : { after }) })
      seen.push(...page.items.map(({ id }) => id))
      after = page.next ?? undefined
    } while (after !== undefined)
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((n) => `${instanceId}/${n}`))
  })

  test('is searched by id, by name in any case and by time, in one instance only', async () => {
    const instanceId = randomUUID()
    const other = randomUUID()
    const writer = openEntryWriter(mongo, () => now)
    await writer.write(
      [
        historyEntry(instanceId, 0),
        historyEntry(instanceId, 1, { persons: ['u2', 'eli@harbour.test'] }),
        historyEntry(other, 2),
      ].map((entry) => ({ kind: 'history', entry })),
    )
    const ids = async (query: Record<string, string>) => (await history(instanceId, query)).items.map(({ id }) => id)
    expect(await ids({ person: 'u1' })).toEqual([`${instanceId}/0`])
    expect(await ids({ person: 'NORA@harbour.TEST' })).toEqual([`${instanceId}/0`])
    expect(await ids({ person: 'nora' })).toEqual([])
    expect(await ids({ from: later(1).toISOString() })).toEqual([`${instanceId}/1`])
    expect(await ids({ to: later(1).toISOString() })).toEqual([`${instanceId}/0`])
  })

  test('a search for a person reads only what is about that person, already in order', async () => {
    const instanceId = randomUUID()
    const others = Array.from({ length: 100 }, (_, n) => historyEntry(instanceId, n + 1, { persons: [`u${n}`] }))
    const entries = [historyEntry(instanceId, 0, { persons: ['nora'] }), ...others]
    await openEntryWriter(mongo, () => now).write(entries.map((entry) => ({ kind: 'history', entry })))
    const plan = await mongo.native
      .collection(changeHistory.name)
      .find({ $and: [{ instanceId: { $eq: instanceId } }, entryFilter({ limit: 50, person: 'Nora' }, undefined)] })
      .sort({ at: -1, _id: -1 })
      .limit(51)
      .explain('executionStats')
    expect(plan.executionStats).toMatchObject({ nReturned: 1, totalDocsExamined: 1, totalKeysExamined: 1 })
    expect(JSON.stringify(plan.queryPlanner.winningPlan)).not.toContain('"SORT"')
  })
})

describe('the provisioning log', () => {
  test('has one entry for each request, however often it is told', async () => {
    const instanceId = randomUUID()
    const entry = logEntry(instanceId)
    const writer = openEntryWriter(mongo, () => now)
    await Promise.all([1, 2, 3].map(() => writer.write([{ kind: 'log', entry }])))
    expect((await log(instanceId)).items).toEqual([expect.objectContaining({ id: entry._id, durationMs: 8.2 })])
  })

  test('has an entry from the fact when the ingress told of none within its time, and not before', async () => {
    const instanceId = randomUUID()
    const entry = logEntry(instanceId, { fromFact: true, durationMs: null })
    await awaitEntries(mongo, [entry], now)
    await sweepAwaitedEntries(mongo, later(awaitEntryMs - 1))
    expect((await log(instanceId)).items).toEqual([])
    expect(await sweepAwaitedEntries(mongo, later(awaitEntryMs))).toBe(1)
    expect((await log(instanceId)).items).toEqual([expect.objectContaining({ id: entry._id, durationMs: null })])
    expect(await mongo.global(awaitedEntries).count({ instanceId })).toBe(0)
  })

  test("keeps the ingress' own entry, whether it came before the fact's, after it, or much too late", async () => {
    const instanceId = randomUUID()
    const writer = openEntryWriter(mongo, () => now)
    for (const order of [
      ['log', 'awaited', 'sweep'],
      ['awaited', 'log', 'sweep'],
      ['awaited', 'sweep', 'log'],
      ['awaited', 'sweep', 'awaited', 'sweep', 'log', 'log'],
    ]) {
      const entry = logEntry(instanceId)
      for (const step of order) {
        if (step === 'sweep') await sweepAwaitedEntries(mongo, later(awaitEntryMs))
        else if (step === 'log') await writer.write([{ kind: 'log', entry }])
        else await writer.write([{ kind: 'awaited', entry: { ...entry, fromFact: true, durationMs: null } }])
      }
      const found = (await log(instanceId)).items.filter(({ id }) => id === entry._id)
      expect(found, order.join(' ')).toEqual([expect.objectContaining({ durationMs: 8.2 })])
    }
  })

  test('swept by two replicas at once, and for more than one turn, has each entry once', async () => {
    const instanceId = randomUUID()
    const entries = Array.from({ length: 1_100 }, () => logEntry(instanceId, { fromFact: true }))
    await awaitEntries(mongo, entries, now)
    const due = later(awaitEntryMs)
    // Two at once may meet in one transaction; the one that gives way finds its work done at the next turn.
    await Promise.allSettled([sweepAwaitedEntries(mongo, due), sweepAwaitedEntries(mongo, due)])
    await sweepAwaitedEntries(mongo, due)
    expect(await mongo.bound(provisioningLog, instanceId).count({})).toBe(1_100)
    expect(await mongo.global(awaitedEntries).count({ instanceId })).toBe(0)
  })
})

test('a request that belongs to no instance is kept once, apart, with the number of those omitted', async () => {
  const id = randomUUID()
  const { _id, at, instanceId, fromFact, persons, ...rest } = logEntry('none')
  const fact = { type: 'RequestAnswered' as const, id, at: now.toISOString(), instanceId: null, ...rest }
  const request = { ...fact, durationMs: 1, droppedAttributes: [], quirks: [] }
  await keepUnattributed(mongo, request, 7)
  await keepUnattributed(mongo, request, 0)
  expect(await mongo.global(unattributedRequests).find({ _id: id })).toEqual([
    expect.objectContaining({ omitted: 7, request: expect.objectContaining({ method: 'POST' }) }),
  ])
  expect((await log('none')).items).toEqual([])
})
