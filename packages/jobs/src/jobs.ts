import { setTimeout as delay } from 'node:timers/promises'
import { endedStates } from '@user-provisioning/contracts/admin/jobs'
import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { newId } from '@user-provisioning/contracts/ids'
import type { Reply } from '@user-provisioning/contracts/reply'
import type { Answer } from '@user-provisioning/messaging/answering'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { isTransient, UnmetExpectation } from '@user-provisioning/mongo/store-errors'
import { update } from '@user-provisioning/mongo/write'
import type { Logger } from '@user-provisioning/runtime/logging'
import { beginJob, type NewJob } from './begin-job.ts'
import { importParts, triedNames } from './import-part.ts'
import { jobAnswers } from './job-answers.ts'
import { jobRows, jobs } from './job-document.ts'
import type { JobKind } from './job-kind.ts'
import { runJob } from './run-job.ts'

/** What a service has for its jobs. */
export interface Jobs extends AsyncDisposable {
  /** Answers what is asked of all kinds (lists, one job, pause, resume, cancel, its errors and its report), and what begins them. */
  readonly answers: Readonly<Record<string, Answer<AdminRequest>>>
  /** Begins the job that a request asks for; its id is the request's `entityId`. @throws Fault job-already-running */
  begin(request: AdminRequest, wanted: NewJob): Promise<Reply>
  /** Looks for work now: after a job was stored by a transaction of another's. */
  wake(): void
}

/** The collections that jobs live in, for `ensureIndexes`. */
export const jobCollections = [jobs, jobRows, importParts, triedNames] as const

interface Options {
  readonly mongo: Pick<Mongo, 'apply' | 'global'>
  readonly kinds: readonly JobKind[]
  readonly log: Logger
  /** Jobs that one replica runs at once. */
  readonly atOnce?: number
  /** How often it is looked for what another replica left, while there are jobs; where there are none, every 5 s. */
  readonly lookEveryMs?: number
  /** How long a run that is not heard of keeps its job. */
  readonly leaseMs?: number
}

/** Input that stopped coming: the job is cancelled, so that its scope is free again. */
const inputAwaitedMs = 3_600_000
const idleLookEveryMs = 5_000
const mostLookedAt = 100

/**
 * Runs the jobs of a service, each on one replica at a time, whichever has time. A run takes a lease on its job and renews it;
 * one that ended without a word (SIGKILL) is taken over when its lease runs out, from its last checkpoint.
 */
export function openJobs(options: Options): Jobs {
  const { mongo, kinds, log, atOnce = 2, lookEveryMs = 1_000, leaseMs = 6_000 } = options
  const byKind = new Map<string, JobKind>(kinds.map((kind) => [kind.kind, kind]))
  const stopping = new AbortController()
  const running = new Map<string, Promise<void>>()
  let woken = Promise.withResolvers<void>()
  const wake = () => woken.resolve()
  const looking = kinds.length === 0 ? undefined : look()

  async function look(): Promise<void> {
    while (!stopping.signal.aborted) {
      let pauseMs = lookEveryMs
      try {
        const isIdle = running.size < atOnce && !(await takeSome(atOnce - running.size))
        if (isIdle) pauseMs = Math.max(lookEveryMs, idleLookEveryMs)
      } catch (err) {
        if (!stopping.signal.aborted) log.warn({ err }, 'Jobs could not be looked for; tried again soon')
      }
      const pause = new AbortController()
      await Promise.race([
        woken.promise,
        delay(pauseMs, undefined, { signal: AbortSignal.any([pause.signal, stopping.signal]) }).catch(() => {}),
      ])
      pause.abort()
      woken = Promise.withResolvers()
    }
  }

  /** Takes what nobody runs. @returns whether there is any job that is not over */
  async function takeSome(most: number): Promise<boolean> {
    const now = new Date()
    const found = await mongo.global(jobs).find(
      {
        state: { $nin: endedStates },
        kind: { $in: [...byKind.keys()] },
        $and: [
          {
            $or: [
              { isReady: true },
              { wanted: 'cancel' },
              { changedAt: { $lt: new Date(now.getTime() - inputAwaitedMs) } },
            ],
          },
          { $or: [{ state: { $ne: 'paused' } }, { wanted: { $ne: 'pause' } }] },
        ],
      },
      { sort: { createdAt: 1 }, limit: mostLookedAt, projection: { kind: 1, leaseUntil: 1 } },
    )
    const free = found.filter(({ _id, leaseUntil }) => leaseUntil < now && !running.has(_id))
    for (const { _id: id, kind, leaseUntil } of free.slice(0, most)) {
      const declared = byKind.get(kind)
      const holder = newId()
      if (declared === undefined || !(await lease(id, { leaseUntil }, holder).catch(() => false))) continue
      const run = hold(id, holder, declared).finally(() => {
        running.delete(id)
        wake()
      })
      running.set(id, run)
    }
    return found.length > 0
  }

  /** Takes or renews a lease. @returns whether nobody was faster */
  async function lease(id: string, as: Record<string, unknown>, holder: string): Promise<boolean> {
    const leaseUntil = new Date(Date.now() + leaseMs)
    try {
      await mongo.apply([update(jobs, null, { _id: id, ...as }, { $set: { leaseHolder: holder, leaseUntil } })])
      return true
    } catch (err) {
      if (err instanceof UnmetExpectation) return false
      throw err
    }
  }

  async function hold(id: string, holder: string, kind: JobKind): Promise<void> {
    const lost = new AbortController()
    let goodUntil = Date.now() + leaseMs
    const renewal = setInterval(() => {
      lease(id, { leaseHolder: holder }, holder).then(
        (isHeld) => {
          if (isHeld) goodUntil = Date.now() + leaseMs
          else lost.abort()
        },
        () => {
          // The database is away: another replica may have the job by the time that it is back.
          if (Date.now() >= goodUntil) lost.abort()
        },
      )
    }, leaseMs / 3)
    try {
      await runJob(id, holder, kind, { mongo, log, stopping: AbortSignal.any([lost.signal, stopping.signal]) })
    } catch (err) {
      log[isTransient(err) ? 'info' : 'error']({ err, jobId: id, kind: kind.kind }, 'A run of a job broke off')
    } finally {
      clearInterval(renewal)
      // What still holds its lease was told to stop: the next replica need not wait for the lease to run out.
      const release = update(
        jobs,
        null,
        { _id: id, leaseHolder: holder },
        { $set: { leaseHolder: null, leaseUntil: new Date(0) } },
        { expect: 'any' },
      )
      await mongo.apply([release]).catch(() => undefined)
    }
  }

  const begins = kinds
    .flatMap((kind) => Object.entries(kind.begins ?? {}))
    .map(([type, begin]): [string, Answer<AdminRequest>] => [
      type,
      async (request, message) => {
        const reply = await begin(request, message)
        wake()
        return reply
      },
    ])

  return {
    answers: { ...jobAnswers(mongo, wake), ...Object.fromEntries(begins) },
    async begin(request, wanted) {
      const reply = await beginJob(mongo, request, wanted)
      wake()
      return reply
    },
    wake,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      wake()
      await looking
      await Promise.all(running.values())
    },
  }
}
