import type { Actor } from '@user-provisioning/contracts/actor'
import { type ImportRow, importQuery } from '@user-provisioning/contracts/admin/imports'
import type { JobError, JobKind as JobKindName } from '@user-provisioning/contracts/admin/jobs'
import { adminRoutes, type OperationId } from '@user-provisioning/contracts/admin/routes'
import { type AdminRequest, messageType } from '@user-provisioning/contracts/admin-requests'
import type { ItemFault } from '@user-provisioning/contracts/errors'
import { newId } from '@user-provisioning/contracts/ids'
import { itemFaultsOf } from '@user-provisioning/contracts/item-faults'
import { type Reply, refusalDetail } from '@user-provisioning/contracts/reply'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { type ImportPlace, nextRows, noteTriedNames, removeParts, takePart } from './import-part.ts'
import type { JobKind, RunningJob } from './job-kind.ts'

interface Options {
  readonly mongo: Pick<Mongo, 'apply' | 'global'>
  readonly kind: JobKindName
  readonly begunBy: Extract<OperationId, 'importUsers' | 'importGroups' | 'importObjects'>
  /** The route that makes one: a row is its body. */
  readonly create: Extract<OperationId, 'createUser' | 'createGroup' | 'createObject'>
  /** The name of a row, folded, as it must be there once; '' where the row has none. */
  readonly nameOf: (row: ImportRow['row']) => string
  /** Carries out a request as if it had come by itself: once under its id, in its turn. */
  readonly carryOut: (request: AdminRequest) => Promise<Reply>
  /**
   * For `upsert`: brings what is there already under the row's name into line with the row.
   * @param request what would have made it; what changes it has the same id
   * @returns undefined: there is nothing to change
   */
  readonly update: (request: AdminRequest) => Promise<Reply | undefined>
}

/** They commit together: a live request waits behind one such group at most, and a small one. */
const rowsAtOnce = 32

/** The codes of a row whose name is held already, and where the row has it. */
const taken: Readonly<Record<string, string>> = {
  'user-name-taken': '/userName',
  'user-name-taken-elsewhere': '/userName',
  'group-name-taken': '/displayName',
  'name-taken': '/name',
}

/**
 * An import: a file's rows become ordinary requests, each under the id of job and line, so that a repeat does nothing. A row that
 * is refused is recorded with its reason and stops nobody else.
 */
export function importJob({ mongo, kind, begunBy, create, nameOf, carryOut, update }: Options): JobKind<ImportPlace> {
  const declared: JobKind<ImportPlace> = {
    kind,
    begins: {
      [messageType(begunBy)](request) {
        const { mode } = importQuery.parse(request.query)
        return takePart(mongo, request, { kind: declared, parameters: { mode } })
      },
    },
    second: 'refused',
    partSize: rowsAtOnce,
    async next(job, budget) {
      const { rows, step } = await nextRows(mongo, job, budget)
      if (rows.length === 0) return step
      const { dryRun, mode } = job.parameters
      const named = rows
        .map(({ line, row: value }) => ({ line, name: nameOf(value) }))
        .filter(({ name }) => name !== '')
      const firstLineOf =
        dryRun === true && mode === 'create' ? await noteTriedNames(mongo, job.id, named) : () => undefined
      const outcomes = await Promise.all(
        rows.map((one) => {
          const name = nameOf(one.row)
          const first = firstLineOf(name)
          return takeRow(job, first === undefined || first === one.line ? one : { ...one, fault: repeated(first) })
        }),
      )
      return {
        ...step,
        skipped: outcomes.filter((outcome) => outcome === 'skipped').length,
        failures: outcomes.filter((outcome) => typeof outcome === 'object'),
      }
    },
    async end({ id }, { done, failed, skipped }) {
      await removeParts(mongo, id)
      return { rows: done, imported: done - failed - skipped, unchanged: skipped, refused: failed }
    },
  }

  async function takeRow(
    job: RunningJob<ImportPlace>,
    { line, row, fault }: ImportRow,
  ): Promise<'done' | 'skipped' | Omit<JobError, 'n'>> {
    const failed = ({ pointer, code, detail }: ItemFault) => ({
      line,
      entityId: null,
      ...(pointer === undefined ? {} : { pointer }),
      code,
      detail,
      item: row,
    })
    if (fault !== undefined) return failed(fault)
    const body = adminRoutes[create].body.safeParse(row, { reportInput: true })
    if (!body.success) return failed(itemFaultsOf(body.error)[0] ?? { code: 'validation-failed', detail: '' })
    const request = requestOf(job, line, body.data)
    let reply = await carryOut(request)
    if (reply.outcome === 'refused' && reply.fault.code in taken && job.parameters.mode === 'upsert') {
      const updated = await update(request)
      if (updated === undefined) return 'skipped'
      reply = updated
    }
    if (reply.outcome !== 'refused') return 'done'
    const { code, items } = reply.fault
    return failed(items?.[0] ?? { pointer: taken[code], code, detail: refusalDetail(reply.fault) })
  }

  function requestOf(job: RunningJob<ImportPlace>, line: number, body: object): AdminRequest {
    const now = Date.now()
    const actor: Actor = { type: 'job', id: job.id, name: `${kind} of ${job.createdBy.name}` }
    return {
      type: messageType(create),
      requestId: `${job.id}/${line}`,
      instanceId: job.instanceId,
      entityId: newId(),
      actor,
      at: new Date(now).toISOString(),
      deadlineAt: new Date(now + 60_000).toISOString(),
      fingerprint: null,
      parameters: { instanceId: job.instanceId ?? '' },
      query: {},
      body: body as NonNullable<AdminRequest['body']>,
      ...(job.parameters.dryRun === true ? { dryRun: true } : {}),
    }
  }

  return declared
}

function repeated(firstLine: number): ItemFault {
  return { pointer: '', code: 'duplicate', detail: `Line ${firstLine} has this name already.` }
}
