import { createHash } from 'node:crypto'
import { type ImportRow, importPart } from '@user-provisioning/contracts/admin/imports'
import { endedStates } from '@user-provisioning/contracts/admin/jobs'
import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import { adminReply, type Reply } from '@user-provisioning/contracts/reply'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { duplicateKeyOf, isWriteConflict, UnmetExpectation } from '@user-provisioning/mongo/store-errors'
import { insert, remove, update } from '@user-provisioning/mongo/write'
import { beginJob, type NewJob } from './begin-job.ts'
import { jobs, presentJob } from './job-document.ts'
import type { RunningJob } from './job-kind.ts'

/** A part of a file on its way into the system. */
interface StoredPart {
  readonly _id: string
  readonly jobId: string
  readonly part: number
  readonly rows: readonly ImportRow[]
  readonly digest: string
  readonly expiresAt: Date
}

/** Personal data of a file that nobody went on with is gone after a week; that of a finished one at once. */
const keptMs = 7 * 24 * 3_600_000

export const importParts = defineCollection<StoredPart>({
  name: 'importParts',
  scope: 'global',
  schema: {
    jobId: { type: String, required: true },
    part: { type: Number, required: true },
    rows: { type: Array, required: true },
    digest: { type: String, required: true },
    expiresAt: { type: Date, required: true },
  },
  indexes: [{ keys: { jobId: 1, part: 1 } }, { keys: { expiresAt: 1 }, options: { expireAfterSeconds: 0 } }],
})

/** A name of a file that is only tried, and the line that has it first: two rows of one name are found however far apart. */
interface TriedName {
  readonly _id: string
  readonly line: number
  readonly expiresAt: Date
}

const triedNamesKeptMs = 24 * 3_600_000

export const triedNames = defineCollection<TriedName>({
  name: 'importNames',
  scope: 'global',
  schema: { line: { type: Number, required: true }, expiresAt: { type: Date, required: true } },
  indexes: [{ keys: { expiresAt: 1 }, options: { expireAfterSeconds: 0 } }],
})

/**
 * Notes the names of rows that are tried, in their order.
 * @returns the line that has each name first
 */
export async function noteTriedNames(
  mongo: Pick<Mongo, 'apply' | 'global'>,
  jobId: string,
  rows: readonly { readonly line: number; readonly name: string }[],
): Promise<(name: string) => number | undefined> {
  const idOf = (name: string) => `${jobId}/${name}`
  const expiresAt = new Date(Date.now() + triedNamesKeptMs)
  await mongo.apply(
    rows.map(({ line, name }) => {
      const first = { $setOnInsert: { line, expiresAt } }
      return update(triedNames, null, { _id: idOf(name) }, first, { upsert: true })
    }),
  )
  const noted = await mongo.global(triedNames).find({ _id: { $in: rows.map(({ name }) => idOf(name)) } })
  const lines = new Map(noted.map(({ _id, line }) => [_id, line]))
  return (name) => lines.get(idOf(name))
}

/** How far an import is in its file. */
export interface ImportPlace {
  readonly part: number
  /** How many rows of that part are done. */
  readonly row: number
}

/**
 * The rows of a file that come next.
 * @param budget at most so many
 * @returns the rows, and what a job's step says of them: `done`, `checkpoint` and `isLast`. No rows: the part is at its end
 */
export async function nextRows(
  mongo: Pick<Mongo, 'global'>,
  job: Pick<RunningJob<ImportPlace>, 'id' | 'checkpoint'>,
  budget: number,
) {
  const { part, row } = job.checkpoint ?? { part: 0, row: 0 }
  const stored = await mongo.global(importParts).findOne({ _id: partId(job.id, part) })
  const rows = stored?.rows.slice(row, row + budget) ?? []
  if (rows.length > 0) {
    const step = { done: rows.length, checkpoint: { part, row: row + rows.length }, isLast: false }
    return { rows, step }
  }
  const next = await mongo.global(importParts).findOne({ _id: partId(job.id, part + 1) }, { projection: { _id: 1 } })
  return { rows, step: { done: 0, checkpoint: { part: part + 1, row: 0 }, isLast: next === undefined } }
}

/** The parts of a file are gone when its job has ended. */
export async function removeParts(mongo: Pick<Mongo, 'apply'>, jobId: string): Promise<void> {
  await mongo.apply([remove(importParts, null, { jobId }, { expect: 'any' })])
}

/** @param part its number in the file, from 0 */
function partId(jobId: string, part: number): string {
  return `${jobId}/${part}`
}

/**
 * Takes a part of a file into the job of its import, once however often it comes; the job may begin when the last one is in.
 * @returns the job
 * @throws Fault job-already-running; idempotency-key-reused for another file under the same key; state-conflict for a job that
 *   was cancelled meanwhile
 */
export async function takePart(
  mongo: Pick<Mongo, 'apply' | 'global'>,
  request: AdminRequest,
  wanted: Pick<NewJob, 'kind' | 'parameters'>,
): Promise<Reply> {
  const { part, isLast, rows } = importPart.parse(request.body)
  const jobId = request.entityId
  if (jobId === null) throw new Fault('internal-error', {}, { internal: 'an import without a job' })
  const correlationId = request.requestId.split('/')[0] ?? request.requestId
  const digest = createHash('sha256')
    .update(JSON.stringify([rows, isLast]))
    .digest('base64url')
  await beginJob(mongo, { ...request, requestId: correlationId }, { ...wanted, total: 0, isReady: false })
  for (;;) {
    const [job, there] = await Promise.all([
      mongo.global(jobs).findOne({ _id: jobId }),
      mongo.global(importParts).findOne({ _id: partId(jobId, part) }, { projection: { digest: 1 } }),
    ])
    if (job === undefined) throw new Fault('not-found', { type: 'job' })
    if (there !== undefined && there.digest !== digest) throw new Fault('idempotency-key-reused')
    // A file that is in whole is all there, also when its parts were carried out and are gone.
    if (there !== undefined || job.isReady) {
      return { ...adminReply(presentJob(job)), ...(job.isReady ? { replayed: true } : {}) }
    }
    if (endedStates.includes(job.state)) {
      throw new Fault('state-conflict', { thing: 'The import', state: job.state, verb: 'going on with it' })
    }
    const changedAt = new Date()
    const stored = { _id: partId(jobId, part), jobId, part, rows, digest, expiresAt: new Date(+changedAt + keptMs) }
    try {
      await mongo.apply([
        update(
          jobs,
          null,
          { _id: jobId, version: job.version },
          { $set: { changedAt, isReady: isLast }, $inc: { total: rows.length, version: 1 } },
        ),
        insert(importParts, null, stored),
      ])
      const total = (job.total ?? 0) + rows.length
      return adminReply(presentJob({ ...job, changedAt, total, version: job.version + 1 }))
    } catch (err) {
      if (err instanceof UnmetExpectation || isWriteConflict(err) || duplicateKeyOf(err) !== undefined) continue
      throw err
    }
  }
}
