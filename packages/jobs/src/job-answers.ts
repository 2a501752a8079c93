import { decodeCursor, encodeCursor } from '@user-provisioning/contracts/admin/cursor'
import { requireVersion } from '@user-provisioning/contracts/admin/if-match'
import { endedStates, jobCursor, jobPlaceOf } from '@user-provisioning/contracts/admin/jobs'
import type { AdminAnswer, AdminBody, AdminQuery, AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import { adminReply, type Reply } from '@user-provisioning/contracts/reply'
import type { Answer } from '@user-provisioning/messaging/answering'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { isWriteConflict, UnmetExpectation } from '@user-provisioning/mongo/store-errors'
import { update } from '@user-provisioning/mongo/write'
import { type JobDocument, type JobRow, jobRows, jobs, presentJob } from './job-document.ts'

type Change = Partial<Pick<JobDocument, 'wanted' | 'perSecond'>>

/**
 * How an owner of jobs answers the routes that all kinds have in common.
 * @param onChanged called when somebody wants something else of a job
 */
export function jobAnswers(
  mongo: Pick<Mongo, 'apply' | 'global'>,
  onChanged: () => void,
): Readonly<Record<string, Answer<AdminRequest>>> {
  const list =
    (ofInstance: boolean): Answer<AdminRequest> =>
    async (request) => {
      const { limit, after, kind, state } = request.query as unknown as AdminQuery<'listJobs'>
      const instanceId = ofInstance ? request.instanceId : null
      const place = after === undefined ? undefined : jobPlaceOf(instanceId, { kind, state }, after)
      const found = await mongo.global(jobs).find(
        {
          ...(ofInstance ? { instanceId } : {}),
          ...(kind === undefined ? {} : { kind }),
          ...(state === undefined ? {} : { state }),
          ...(place === undefined ? {} : behind(place)),
        },
        { sort: { createdAt: -1, _id: -1 }, limit: limit + 1 },
      )
      const items = found.slice(0, limit).map(presentJob)
      const last = items.at(-1)
      const next =
        last !== undefined && found.length > items.length ? jobCursor(instanceId, { kind, state }, last) : null
      return adminReply({ items, next, asOf: new Date().toISOString() })
    }

  async function read(request: AdminRequest): Promise<JobDocument> {
    const job = await mongo.global(jobs).findOne({ _id: request.entityId ?? '', instanceId: request.instanceId })
    if (job === undefined) throw new Fault('not-found', { type: 'job' })
    return job
  }

  /** What is wanted of a job is written beside what its run writes: whoever comes second looks again. */
  const change =
    (verb: string, changeOf: (request: AdminRequest, job: JobDocument) => Change): Answer<AdminRequest> =>
    async (request) => {
      for (;;) {
        const job = await read(request)
        if (request.ownOnly === true && job.createdBy.id !== request.actor.id) {
          throw new Fault('role-missing', { role: 'admin or operator' })
        }
        requireVersion(request, job)
        if (endedStates.includes(job.state)) {
          throw new Fault('state-conflict', { thing: 'The job', state: job.state, verb })
        }
        const after = { ...job, ...changeOf(request, job), changedAt: new Date(), version: job.version + 1 }
        const { wanted, perSecond, changedAt } = after
        const write = update(
          jobs,
          null,
          { _id: job._id, version: job.version },
          { $set: { wanted, perSecond, changedAt }, $inc: { version: 1 } },
        )
        try {
          await mongo.apply([write])
        } catch (err) {
          if (err instanceof UnmetExpectation || isWriteConflict(err)) continue
          throw err
        }
        onChanged()
        return adminReply(presentJob(after))
      }
    }

  const rows =
    (of: JobRow['list']): Answer<AdminRequest> =>
    async (request): Promise<Reply> => {
      const { limit, after } = request.query as unknown as AdminQuery<'listJobErrors'>
      const job = await read(request)
      const list = [request.type, job._id]
      const [last] = after === undefined ? [] : decodeCursor(list, after, 1)
      const found = await mongo
        .global(jobRows)
        .find(
          { jobId: job._id, list: of, ...(last === undefined ? {} : { n: { $gt: Number(last) } }) },
          { sort: { n: 1 }, limit: limit + 1 },
        )
      const page = found.slice(0, limit)
      const end = page.at(-1)
      const next = end !== undefined && found.length > page.length ? encodeCursor(list, [String(end.n)]) : null
      const items = page.map(({ n, row }) =>
        of === 'errors' ? { n, ...row } : row,
      ) as AdminAnswer<'listJobResult'>['items']
      return adminReply({ items, next, asOf: new Date().toISOString() })
    }

  return {
    ListJobs: list(true),
    ListAllJobs: list(false),
    ReadJob: async (request) => adminReply(presentJob(await read(request))),
    ChangeJob: change('changing it', ({ body }) => {
      const { perSecond } = body as AdminBody<'changeJob'>
      return { perSecond }
    }),
    PauseJob: change('pausing it', (_, { wanted }) => ({ wanted: wanted === 'cancel' ? wanted : 'pause' })),
    ResumeJob: change('resuming it', (_, { wanted }) => ({ wanted: wanted === 'cancel' ? wanted : 'run' })),
    CancelJob: change('cancelling it', () => ({ wanted: 'cancel' })),
    ListJobErrors: rows('errors'),
    ListJobResult: rows('result'),
  }
}

function behind({ createdAt, id }: { createdAt: string; id: string }) {
  const at = new Date(createdAt)
  if (Number.isNaN(at.getTime())) throw new Fault('cursor-invalid')
  return { $and: [{ createdAt: { $lte: at } }, { $or: [{ createdAt: { $lt: at } }, { _id: { $lt: id } }] }] }
}
