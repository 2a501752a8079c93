import { requireVersion } from '@user-provisioning/contracts/admin/if-match'
import { idPrefix } from '@user-provisioning/contracts/admin/route'
import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import type { MappingFact } from '@user-provisioning/contracts/engine-facts'
import { entityKey, factId } from '@user-provisioning/contracts/ids'
import type { MappingRow, MappingSetRecord } from '@user-provisioning/contracts/mapping-set'
import { adminReply } from '@user-provisioning/contracts/reply'
import { topics } from '@user-provisioning/contracts/topics'
import { newJob, writesOfNewJob } from '@user-provisioning/jobs/begin-job'
import type { JobDocument } from '@user-provisioning/jobs/job-document'
import type { Decision } from '@user-provisioning/mongo/committer'
import { insert, update, type Write } from '@user-provisioning/mongo/write'
import { applyMapping } from '../jobs/mapping-jobs.ts'
import { diffRows } from './diff-rows.ts'
import {
  mappingSets,
  mappingVersions,
  presentMappingSet,
  type SetBook,
  type StoredMappingSet,
  versionId,
} from './mapping-set-store.ts'

/** A save, whatever its rows come from: they were checked. */
export interface SaveRequest {
  readonly instanceId: string
  readonly request: AdminRequest
  readonly rows: readonly MappingRow[]
  readonly comment: string | null
  readonly restoredFrom: number | null
  /** Begin a job that applies it to everyone; at the pace of its kind where none is said. */
  readonly apply: { readonly perSecond: number | undefined } | null
}

/**
 * Saves rows as a new version, unless somebody saved another one meanwhile (If-Match). Rows that are the current ones make
 * no version. It applies to each user from the IdP's next change on; to everyone at once by a job.
 * @throws Fault precondition-failed
 */
export function saveMappingSet(save: SaveRequest, sets: SetBook, now: Date): Decision {
  const { instanceId, request, rows, comment, restoredFrom, apply } = save
  const current = sets.of(instanceId)
  const saved = sets.saved(instanceId)
  requireVersion(request, {
    version: current.version,
    changedAt: saved?.changedAt ?? new Date(0),
    changedBy: saved?.changedBy,
  })
  const diff = diffRows(current.rows, rows)
  const job = applyJobOf(request, diff.length === 0 ? current.version : current.version + 1, apply, now)
  const jobWrites = job === null ? [] : writesOfNewJob(job, applyMapping.second)
  if (diff.length === 0 && !request.dryRun) {
    const same = {
      reply: adminReply({ ...presentMappingSet(instanceId, saved ?? current), applyJob: job?._id ?? null }),
    }
    return job === null ? same : { ...same, writes: jobWrites, announcements: [] }
  }

  const next: StoredMappingSet = {
    _id: instanceId,
    instanceId,
    version: current.version + 1,
    rows,
    changedAt: now,
    changedBy: request.actor,
    comment,
    restoredFrom,
    changedRows: diff.length,
    applyJob: request.dryRun ? null : (job?._id ?? null),
  }
  if (request.dryRun) return { reply: adminReply({ ...presentMappingSet(instanceId, next), dryRun: true, diff }) }
  sets.add(next)
  const fact: MappingFact = {
    type: 'MappingSetSaved',
    id: factId(request.requestId, 0),
    instanceId,
    entityId: instanceId,
    at: now.toISOString(),
    correlationId: request.requestId,
    actor: request.actor,
    version: next.version,
    comment,
    changes: diff,
  }
  const record: MappingSetRecord = {
    id: instanceId,
    version: next.version,
    rows: Object.fromEntries(rows.map(({ id, target }) => [target, id])),
  }
  return {
    reply: adminReply(presentMappingSet(instanceId, next)),
    writes: [...writesOf(next, saved), ...jobWrites],
    announcements: [
      {
        topic: topics.mappingSets.name,
        key: instanceId,
        type: 'MappingSetState',
        id: `${fact.id}/state`,
        value: record,
      },
      {
        topic: topics.mappingFacts.name,
        key: entityKey(instanceId, instanceId),
        type: fact.type,
        id: fact.id,
        value: fact,
      },
    ],
  }
}

function applyJobOf(
  request: AdminRequest,
  version: number,
  apply: SaveRequest['apply'],
  now: Date,
): JobDocument | null {
  if (apply === null) return null
  const { perSecond } = apply
  const id = `${idPrefix('mapping-service')}${request.requestId}`
  return newJob(id, request, { kind: applyMapping, parameters: { version }, perSecond }, now)
}

function writesOf(next: StoredMappingSet, saved: StoredMappingSet | undefined): Write[] {
  const { _id, instanceId, ...members } = next
  return [
    saved === undefined
      ? insert(mappingSets, instanceId, next)
      : update(mappingSets, instanceId, { _id, version: saved.version }, { $set: members }),
    insert(mappingVersions, instanceId, { ...next, _id: versionId(instanceId, next.version) }),
  ]
}
