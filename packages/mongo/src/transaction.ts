import type { mongo as driver } from 'mongoose'
import { FailedWrite, failedPositionOf, UnmetExpectation } from './store-errors.ts'
import type { Expectation, Query, Write } from './write.ts'

/** Consecutive writes of one collection that leave as one call, their expectations countable together. */
interface Run {
  readonly writes: Write[]
  readonly updates: { expect: Expectation | undefined; count: number }
  readonly removes: { expect: Expectation | undefined; count: number }
}

/**
 * Carries writes out in a transaction under way: collections in the order in which they first appear, the writes of each
 * in their given order, in as few calls as that allows. The caller commits, or aborts after an error.
 * @throws UnmetExpectation; FailedWrite where the server says which write it refused; the driver's error
 */
export async function applyWrites(
  database: driver.Db,
  session: driver.ClientSession,
  writes: readonly Write[],
): Promise<void> {
  const byCollection = Map.groupBy(writes, (write) => write.collection)
  for (const [name, ofCollection] of byCollection) {
    const collection = database.collection<{ _id: string }>(name)
    for (const run of cutIntoRuns(ofCollection)) {
      try {
        await applyRun(collection, session, run)
      } catch (err) {
        const position = failedPositionOf(err)
        const culprit = position === undefined ? undefined : run.writes[position]
        throw culprit === undefined ? err : new FailedWrite(culprit, err)
      }
    }
  }
}

async function applyRun(
  collection: driver.Collection<{ _id: string }>,
  session: driver.ClientSession,
  run: Run,
): Promise<void> {
  if (run.updates.count + run.removes.count === 0) {
    const docs = run.writes.map((write) => (write as Write & { kind: 'insert' }).doc)
    await collection.insertMany(docs, { session, ordered: true })
    return
  }
  const result = await collection.bulkWrite(run.writes.map(operationOf), { session, ordered: true })
  const updated = result.matchedCount + result.upsertedCount
  if (run.updates.expect === 'one' && updated !== run.updates.count) {
    throw new UnmetExpectation(collection.collectionName, run.updates.count, updated)
  }
  if (run.removes.expect === 'one' && result.deletedCount !== run.removes.count) {
    throw new UnmetExpectation(collection.collectionName, run.removes.count, result.deletedCount)
  }
}

function cutIntoRuns(writes: readonly Write[]): Run[] {
  const runs: Run[] = []
  let run: Run | undefined
  for (const write of writes) {
    const kind = write.kind === 'update' ? 'updates' : 'removes'
    const expect = write.kind === 'insert' ? undefined : write.expect
    const fits = run !== undefined && (expect === undefined || (run[kind].expect ?? expect) === expect)
    if (run === undefined || !fits) {
      run = { writes: [], updates: { expect: undefined, count: 0 }, removes: { expect: undefined, count: 0 } }
      runs.push(run)
    }
    run.writes.push(write)
    if (expect === undefined) continue
    run[kind].expect = expect
    run[kind].count++
  }
  return runs
}

function operationOf(write: Write): driver.AnyBulkWriteOperation<{ _id: string }> {
  switch (write.kind) {
    case 'insert':
      return { insertOne: { document: write.doc } }
    case 'update': {
      const filter = write.filter as driver.Filter<{ _id: string }>
      const update = write.change as driver.UpdateFilter<{ _id: string }>
      const found = { filter, update, ...byIdIfNamed(write.filter) }
      if (write.expect === 'any' && !write.upsert) return { updateMany: found }
      return { updateOne: { ...found, upsert: write.upsert } }
    }
    case 'remove': {
      const found = { filter: write.filter as driver.Filter<{ _id: string }>, ...byIdIfNamed(write.filter) }
      return write.expect === 'any' ? { deleteMany: found } : { deleteOne: found }
    }
  }
}

/**
 * A document that is named is found by its id. Left to itself the planner tries indexes that begin with the instance too, and
 * may keep one of them for the next thousand writes: 100,000 members added, removed and added again took ten times as long.
 */
function byIdIfNamed(filter: Query): { hint?: { _id: 1 } } {
  const clauses = (filter.$and as readonly Query[] | undefined) ?? [filter]
  return clauses.some(({ _id }) => typeof _id === 'string') ? { hint: { _id: 1 } } : {}
}
