import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { Job } from '@user-provisioning/contracts/admin/jobs'
import { newId } from '@user-provisioning/contracts/ids'
import { type Stores, startStores } from '@user-provisioning/devstack/stores'
import { connectMongo, type Mongo } from '@user-provisioning/mongo/connection'
import { update } from '@user-provisioning/mongo/write'
import { createLogger } from '@user-provisioning/runtime/logging'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { jobs as jobDocuments } from './job-document.ts'
import { type Jobs, jobCollections, openJobs } from './jobs.ts'
import { markingKind, marks, requested } from './test-kind.ts'

const log = createLogger({ service: 'jobs', replica: 'test', level: 'fatal' })
const stack = new AsyncDisposableStack()
const database = `jobs-${newId()}`
let stores: Stores
let mongo: Mongo
let opened: Jobs[] = []

beforeAll(async () => {
  stores = stack.use(await startStores())
  mongo = stack.use(await connectMongo({ uri: stores.mongodbUri, database, log }))
  await mongo.ensureIndexes([...jobCollections, marks])
})
afterEach(async () => {
  for (const jobs of opened) await jobs[Symbol.asyncDispose]()
  opened = []
})
afterAll(() => stack.disposeAsync())

function open(kind = markingKind(mongo)): Jobs {
  const jobs = openJobs({ mongo, kinds: [kind], log, lookEveryMs: 50, leaseMs: 600 })
  opened.push(jobs)
  return jobs
}

/** Each test in an instance of its own: a kind runs once at a time in one. */
function inInstance() {
  const instanceId = newId()
  const id = `identity_${newId()}`
  const ask = async (jobs: Jobs, type: string, more: object = {}) => {
    const answer = jobs.answers[type]
    if (answer === undefined) throw new Error(type)
    const reply = await answer(requested(type, id, { instanceId, ...more }), undefined as never)
    return (reply as unknown as { result: Job & { items: Record<string, unknown>[]; next: string | null } }).result
  }
  return {
    id,
    begin: (jobs: Jobs, total: number, more: object = {}, jobId = id) =>
      jobs.begin(requested('ImportUsers', jobId, { instanceId, ...more }), {
        kind: { kind: 'user-import', second: 'refused' },
        parameters: { total },
      }),
    ask,
    async until(jobs: Jobs, is: (job: Job) => boolean): Promise<Job> {
      for (let tries = 0; tries < 400; tries++) {
        const job = await ask(jobs, 'ReadJob')
        if (is(job)) return job
        await delay(25)
      }
      throw new Error(`not in time: ${JSON.stringify(await ask(jobs, 'ReadJob'))}`)
    },
    marked: () => mongo.global(marks).find({ _id: { $regex: `^${id}/` } }),
  }
}

describe('a job', () => {
  test('runs to its end, with what failed, its report and its result', async () => {
    const { begin, until, ask, marked } = inInstance()
    const jobs = open()
    await begin(jobs, 250)
    const job = await until(jobs, ({ state }) => state === 'succeeded')
    expect(job).toMatchObject({ progress: { done: 250, total: 250, failed: 25 }, result: { marked: 250 }, error: null })
    expect((await marked()).every(({ times }) => times === 1)).toBe(true)
    const first = await ask(jobs, 'ListJobErrors', { query: { limit: 20 } })
    const second = await ask(jobs, 'ListJobErrors', { query: { limit: 20, after: first.next } })
    expect([...first.items, ...second.items].map(({ line }) => line)).toEqual(
      Array.from({ length: 25 }, (_, n) => n * 10 + 10),
    )
    expect((await ask(jobs, 'ListJobResult')).items).toEqual([{ n: 99 }, { n: 199 }])
  })

  test('whose process is killed in the middle goes on elsewhere, and nothing is left out or written down twice', async () => {
    const { begin, until, ask, marked } = inInstance()
    const child = spawn(process.execPath, [
      join(import.meta.dirname, 'jobs.test-process.ts'),
      stores.mongodbUri,
      database,
    ])
    const jobs = open({ ...markingKind(mongo), kind: 'rule-run' })
    await begin(jobs, 300)
    for await (const line of createInterface(child.stdout)) if (Number(line) >= 130) break
    child.kill('SIGKILL')
    await once(child, 'exit')
    const atDeath = await ask(jobs, 'ReadJob')
    expect(atDeath).toMatchObject({ state: 'running', progress: { done: expect.any(Number) } })
    expect(atDeath.progress.done).toBeLessThan(300)

    const next = open()
    const job = await until(next, ({ state }) => state === 'succeeded')
    expect(job.progress).toMatchObject({ done: 300, failed: 30 })
    const all = await marked()
    expect(all).toHaveLength(300)
    // Only the part that was cut off is done again.
    expect(all.filter(({ times }) => times > 1).length).toBeLessThanOrEqual(20)
    expect((await ask(next, 'ListJobErrors', { query: { limit: 200 } })).items).toHaveLength(30)
  })

  test('runs on one of several replicas at a time', async () => {
    const { begin, until } = inInstance()
    let inside = 0
    let most = 0
    const kind = markingKind(mongo, {
      async atEach() {
        most = Math.max(most, ++inside)
        await delay(5)
        inside--
      },
    })
    const replicas = [open(kind), open(kind), open(kind)]
    await begin(replicas[0] as Jobs, 200)
    // All of them look at the same moment.
    for (const replica of replicas) replica.wake()
    await until(replicas[1] as Jobs, ({ state }) => state === 'succeeded')
    expect(most).toBe(1)
  })

  test('that another run has taken over is let go: what the older one did is not written down', async () => {
    const { id, begin, until, ask } = inInstance()
    const inPart = Promise.withResolvers<void>()
    const taken = Promise.withResolvers<void>()
    const kind = markingKind(mongo, {
      async atEach(n) {
        if (n !== 25) return
        inPart.resolve()
        await taken.promise
      },
    })
    const older = open(kind)
    await begin(older, 100)
    await inPart.promise
    const lease = (change: Record<string, unknown>) =>
      mongo.apply([update(jobDocuments, null, { _id: id }, { $set: change })])
    await lease({ leaseHolder: 'another', leaseUntil: new Date(Date.now() + 60_000) })
    taken.resolve()
    await older[Symbol.asyncDispose]()
    expect(await ask(older, 'ReadJob')).toMatchObject({ state: 'running', progress: { done: 20 } })
    await lease({ leaseUntil: new Date(0) })
    const job = await until(open(), ({ state }) => state === 'succeeded')
    expect(job.progress).toMatchObject({ done: 100, failed: 10 })
  })

  test('rests, goes on and ends when it is told to, as fast as it is let', async () => {
    const { begin, until, ask } = inInstance()
    const jobs = open()
    await begin(jobs, 10_000)
    await ask(jobs, 'ChangeJob', { body: { perSecond: 40 } })
    await until(jobs, ({ progress }) => progress.done > 0)
    expect(await ask(jobs, 'PauseJob')).toMatchObject({ wanted: 'pause' })
    const paused = await until(jobs, ({ state }) => state === 'paused')
    await delay(200)
    expect((await ask(jobs, 'ReadJob')).progress.done).toBe(paused.progress.done)
    await ask(jobs, 'ResumeJob')
    const started = Date.now()
    const from = paused.progress.done
    const later = await until(jobs, ({ progress }) => progress.done >= from + 60)
    expect(later.state).toBe('running')
    expect(Date.now() - started).toBeGreaterThan(900)
    await ask(jobs, 'CancelJob')
    const ended = await until(jobs, ({ state }) => state === 'cancelled')
    expect(ended.progress.done).toBeGreaterThan(0)
    await expect(ask(jobs, 'PauseJob')).rejects.toMatchObject({ code: 'state-conflict' })
  })

  test('is one at a time in its scope, begins once however often it is asked for, and is its own who began it', async () => {
    const { id, begin, ask } = inInstance()
    const jobs = open({ ...markingKind(mongo), kind: 'rule-run' })
    await begin(jobs, 10)
    expect(await begin(jobs, 10)).toMatchObject({ result: { id } })
    await expect(begin(jobs, 10, { fingerprint: 'other' })).rejects.toMatchObject({ code: 'idempotency-key-reused' })
    await expect(begin(jobs, 10, {}, `identity_${newId()}`)).rejects.toMatchObject({
      code: 'job-already-running',
      members: { jobId: id },
    })
    const bob = { actor: { type: 'admin', id: 'bob', name: 'Bob' }, ownOnly: true }
    await expect(ask(jobs, 'CancelJob', bob)).rejects.toMatchObject({ code: 'role-missing' })
    await expect(ask(jobs, 'CancelJob', { ifMatch: [7] })).rejects.toMatchObject({
      code: 'precondition-failed',
      members: { currentVersion: 1 },
    })
  })

  test('for a newer version takes the place of the older one', async () => {
    const { id, begin, ask, until } = inInstance()
    const slow = { ...markingKind(mongo), second: 'replaces' as const, perSecond: 10 }
    const jobs = open(slow)
    await begin(jobs, 1_000)
    const newer = `identity_${newId()}`
    const { instanceId } = await ask(jobs, 'ReadJob')
    await jobs.begin(requested('ImportUsers', newer, { instanceId }), { kind: slow, parameters: { total: 1 } })
    const older = await until(jobs, ({ state }) => state === 'cancelled')
    expect(older).toMatchObject({ id, supersededBy: newer })
  })

  test('that can never be done fails with the reason, and lets the next one begin', async () => {
    const { begin, until } = inInstance()
    const jobs = open({
      ...markingKind(mongo),
      next: () => Promise.reject(Object.assign(new Error('broken'), { name: 'Broken' })),
    })
    await begin(jobs, 10)
    const job = await until(jobs, ({ state }) => state === 'failed')
    expect(job.error).toMatchObject({ code: 'internal-error' })
    await begin(jobs, 10, {}, `identity_${newId()}`)
  })
})
