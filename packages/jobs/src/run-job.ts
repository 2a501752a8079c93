import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { describeFault, faultOf } from '@user-provisioning/contracts/errors'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { isTransient, isWriteConflict, UnmetExpectation } from '@user-provisioning/mongo/store-errors'
import { insert, update, type Write } from '@user-provisioning/mongo/write'
import type { Logger } from '@user-provisioning/runtime/logging'
import { type JobDocument, type JobRow, jobRows, jobs, keptMs, rowsKeptMs } from './job-document.ts'
import type { JobKind, JobPart, RunningJob } from './job-kind.ts'

const triesOfAPart = 5
const longestPauseMs = 5_000
/** A part is so small that somebody who wants a pause waits for about this long. */
const partMs = 500

/**
 * Runs a job from its checkpoint for as long as this run holds its lease: part by part, each written down with its checkpoint
 * in one transaction that names the holder. Whoever lost the lease writes nothing more.
 * @param stopping aborted when the process ends or the lease is lost
 */
export async function runJob(
  id: string,
  holder: string,
  kind: JobKind,
  { mongo, log, stopping }: { mongo: Pick<Mongo, 'apply' | 'global'>; log: Logger; stopping: AbortSignal },
): Promise<void> {
  let failures = 0
  let notedAt = performance.now()
  while (!stopping.aborted) {
    try {
      if (await advance()) return
      failures = 0
    } catch (err) {
      // Somebody else has it, or wants something else of it: it is looked at again.
      if (err instanceof UnmetExpectation) {
        if ((await held()) === undefined) return
        continue
      }
      const fault = faultOf(err)
      if (!isTransient(err) && (fault !== undefined || ++failures >= triesOfAPart)) {
        log.warn({ err, jobId: id, kind: kind.kind }, 'A job failed')
        await end('failed', { error: problemOf(err) }).catch(() => undefined)
        return
      }
      log.info({ err, jobId: id, kind: kind.kind }, 'A part of a job is tried again')
      await delay(Math.min(100 * 2 ** failures, longestPauseMs), undefined, { signal: stopping }).catch(() => undefined)
    }
  }

  function held(): Promise<JobDocument | undefined> {
    return mongo.global(jobs).findOne({ _id: id, leaseHolder: holder })
  }

  /** One step of the job. @returns whether it is over, for this run */
  async function advance(): Promise<boolean> {
    const job = await held()
    if (job === undefined) return true
    if (job.wanted === 'cancel' || !job.isReady) {
      await end('cancelled', {})
      return true
    }
    if (job.wanted === 'pause') {
      await write({ state: 'paused', speed: 0, leaseHolder: null, leaseUntil: new Date(0) })
      return true
    }
    if (job.state !== 'running') {
      await write({ state: 'running', startedAt: job.startedAt ?? new Date() })
      return false
    }
    const seen = seenByKind(job)
    if (job.total === null && kind.total !== undefined) {
      await write({ total: await kind.total(seen) })
      return false
    }
    const startedAt = performance.now()
    const part = await kind.next(seen, budgetOf(job))
    await note(job, part)
    if (part.isLast) {
      const last = await held()
      if (last === undefined) return true
      const result = (await kind.end?.(seenByKind(last), last)) ?? null
      await end('succeeded', { result, total: last.done })
      return true
    }
    await breathe(job.perSecond, part.done, performance.now() - startedAt)
    return false
  }

  function budgetOf({ perSecond }: JobDocument): number {
    const size = kind.partSize ?? 100
    return perSecond === null ? size : Math.max(1, Math.min(size, Math.floor((perSecond * partMs) / 1_000)))
  }

  function seenByKind(job: JobDocument): RunningJob<unknown> {
    const { instanceId, parameters, checkpoint, createdBy, correlationId } = job
    return { id, instanceId, parameters, checkpoint, createdBy, correlationId, signal: stopping }
  }

  /** What a part did, its checkpoint, and its rows: all of it or nothing. */
  async function note(job: JobDocument, part: JobPart<unknown>): Promise<void> {
    const { done, skipped = 0, failures: failed = [], rows = [], checkpoint } = part
    const now = performance.now()
    const seconds = Math.max(now - notedAt, partMsAt(job.perSecond, done), 1) / 1_000
    notedAt = now
    const speed = done === 0 ? job.speed : mixed(job.speed, done / seconds)
    await write(
      { checkpoint, speed },
      { done, skipped, failed: failed.length, errorRows: failed.length, resultRows: rows.length },
      [
        ...failed.map((row, index) => rowWrite(id, 'errors', job.errorRows + index, row)),
        ...rows.map((row, index) => rowWrite(id, 'result', job.resultRows + index, row)),
      ],
    )
  }

  async function end(state: JobDocument['state'], more: Partial<JobDocument>): Promise<void> {
    const now = new Date()
    await write({
      ...more,
      state,
      holdsScope: false,
      endedAt: now,
      expiresAt: new Date(now.getTime() + keptMs),
      leaseHolder: null,
      leaseUntil: new Date(0),
    })
  }

  async function write(
    change: Partial<JobDocument>,
    increase: Readonly<Record<string, number>> = {},
    beside: readonly Write[] = [],
  ): Promise<void> {
    const write = update(
      jobs,
      null,
      { _id: id, leaseHolder: holder },
      { $set: { ...change, changedAt: new Date() }, $inc: { ...increase, version: 1 } },
    )
    for (;;) {
      try {
        return await mongo.apply([write, ...beside])
      } catch (err) {
        // Its lease is renewed, or somebody wants something of it, at this moment: nothing was written.
        if (!isWriteConflict(err)) throw err
      }
    }
  }

  /**
   * Between two parts others have their turn: without a throttle for as long as the part took, so that a job has half of what
   * it needs at most; with one for as long as that says.
   */
  async function breathe(perSecond: number | null, done: number, tookMs: number): Promise<void> {
    const ms = perSecond === null ? Math.min(tookMs, partMs) : partMsAt(perSecond, done) - tookMs
    if (ms > 0) await delay(ms, undefined, { signal: stopping }).catch(() => undefined)
    else await turn()
  }
}

/** How long a part takes at least under a throttle. */
function partMsAt(perSecond: number | null, done: number): number {
  return perSecond === null ? 0 : (done / perSecond) * 1_000
}

function mixed(before: number, now: number): number {
  return before === 0 ? now : before * 0.8 + now * 0.2
}

function rowWrite(jobId: string, list: JobRow['list'], n: number, row: JobRow['row']): Write {
  const expiresAt = new Date(Date.now() + rowsKeptMs)
  return insert(jobRows, null, { _id: `${jobId}/${list}/${n}`, jobId, list, n, row, expiresAt })
}

function problemOf(err: unknown): JobDocument['error'] {
  const fault = faultOf(err)
  if (fault === undefined) {
    return { code: 'internal-error', title: 'Broken on our side', detail: 'Something is broken on our side.' }
  }
  const { title, detail } = describeFault(fault)
  return { code: fault.code, title, detail }
}
