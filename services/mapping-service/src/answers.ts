import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { type AdminQuery, type AdminRequest, instanceOf } from '@user-provisioning/contracts/admin-requests'
import { newId } from '@user-provisioning/contracts/ids'
import { defaultMappingRows, type MappingRow } from '@user-provisioning/contracts/mapping-set'
import { adminReply } from '@user-provisioning/contracts/reply'
import type { Jobs } from '@user-provisioning/jobs/jobs'
import type { Answer } from '@user-provisioning/messaging/answering'
import { commitRequest } from '@user-provisioning/mongo/commit-request'
import type { Decision } from '@user-provisioning/mongo/committer'
import type { Mongo } from '@user-provisioning/mongo/connection'
import type { JsonObject } from '@user-provisioning/scim/json'
import { listAttributes } from './attributes/list-attributes.ts'
import type { Targets } from './fields/targets.ts'
import { applyMapping, countMapping } from './jobs/mapping-jobs.ts'
import type { MappingCommitter, MappingInput } from './mapping-committer.ts'
import { checkedRows } from './mapping-sets/check-rows.ts'
import { deleteDraft, presentDraft, readDraft, saveDraft } from './mapping-sets/draft.ts'
import { presentMappingSet } from './mapping-sets/mapping-set-store.ts'
import { previewMapping } from './mapping-sets/preview-mapping.ts'
import {
  currentSet,
  diffVersions,
  listVersions,
  presentVersionWithRows,
  versionOf,
} from './mapping-sets/read-mapping-sets.ts'
import type { SaveRequest } from './mapping-sets/save-mapping-set.ts'
import { listRowErrors } from './users/list-row-errors.ts'

interface Dependencies {
  readonly mongo: Pick<Mongo, 'bound'>
  readonly committer: Pick<MappingCommitter, 'submit'>
  /** The fields that an instance's rows may write. */
  readonly targets: Targets
  readonly jobs: Pick<Jobs, 'begin' | 'wake'>
}

type Answers = Readonly<Record<string, Answer<AdminRequest>>>

/** Everything that mapping-service is asked, by the type of the request. */
export function mappingAnswers({ mongo, committer, targets, jobs }: Dependencies): Answers {
  const commit = (request: AdminRequest, partition: number, input: MappingInput) =>
    commitRequest(committer, request, { partition }, input)

  const save = (
    request: AdminRequest,
    partition: number,
    rows: readonly MappingRow[],
    more: Partial<SaveRequest> = {},
  ) =>
    commit(request, partition, {
      kind: 'save-set',
      save: { instanceId: instanceOf(request), request, rows, comment: null, restoredFrom: null, apply: null, ...more },
    })

  const decided = (decide: (request: AdminRequest) => Decision): Answer<AdminRequest> => {
    return (request, { partition }) => commit(request, partition, { kind: 'decided', decision: decide(request) })
  }

  const checked = async (request: AdminRequest, rows: Parameters<typeof checkedRows>[0], whole: boolean) => {
    const allowed = await targets.of(
      instanceOf(request),
      rows.map(({ target }) => target),
    )
    return checkedRows(rows, { targets: allowed, whole, newId })
  }

  const version = (request: AdminRequest) => versionOf(mongo, instanceOf(request), Number(request.parameters.version))

  return {
    async ReadMappingSet(request) {
      const instanceId = instanceOf(request)
      return adminReply(presentMappingSet(instanceId, await currentSet(mongo, instanceId)))
    },
    async SaveMappingSet(request, { partition }) {
      const { rows, comment = null, apply, perSecond } = adminRoutes.saveMappingSet.body.parse(request.body)
      const more = { comment, apply: apply === true ? { perSecond } : null }
      const reply = await save(request, partition, await checked(request, rows, true), more)
      if (apply) jobs.wake()
      return reply
    },
    RestoreDefaultMapping: (request, { partition }) => save(request, partition, defaultMappingRows),
    async ListMappingVersions(request) {
      const query = request.query as AdminQuery<'listMappingVersions'>
      return adminReply(await listVersions(mongo, instanceOf(request), query))
    },
    ReadMappingVersion: async (request) => adminReply(presentVersionWithRows(await version(request))),
    async DiffMappingVersions(request) {
      const instanceId = instanceOf(request)
      const { to } = request.query as AdminQuery<'diffMappingVersions'>
      const other = to === undefined ? currentSet(mongo, instanceId) : versionOf(mongo, instanceId, to)
      return adminReply(diffVersions(await version(request), await other))
    },
    async RestoreMappingVersion(request, { partition }) {
      const { rows, version: restoredFrom } = await version(request)
      // A custom field that it writes may be gone since.
      return save(request, partition, await checked(request, rows, true), { restoredFrom })
    },
    ReadMappingDraft: async (request) => adminReply(presentDraft(await readDraft(mongo, request))),
    SaveMappingDraft: decided((request) => saveDraft(request, new Date())),
    DeleteMappingDraft: decided(deleteDraft),
    async PreviewMapping(request) {
      const instanceId = instanceOf(request)
      const { users, sample = 10, ...body } = adminRoutes.previewMapping.body.parse(request.body)
      const sent = body.rows ?? (await readDraft(mongo, request)).rows
      const rows = await checked(request, sent, false)
      const { version: baseVersion } = await currentSet(mongo, instanceId)
      const seen = await previewMapping(mongo, instanceId, rows, users === undefined ? { sample } : { users })
      return adminReply({ baseVersion, ...seen })
    },
    async CountMapping(request) {
      const { rows: sent } = adminRoutes.countMapping.body.parse(request.body)
      const rows = await checked(request, sent ?? (await readDraft(mongo, request)).rows, false)
      return jobs.begin(request, { kind: countMapping, scope: request.actor.id, parameters: { rows: jsonOf(rows) } })
    },
    async ApplyMapping(request) {
      const { perSecond } = adminRoutes.applyMapping.body.parse(request.body)
      const { version: current } = await currentSet(mongo, instanceOf(request))
      return jobs.begin(request, { kind: applyMapping, perSecond, parameters: { version: current } })
    },
    async ListRowErrors(request) {
      return adminReply(await listRowErrors(mongo, instanceOf(request), request.query as AdminQuery<'listRowErrors'>))
    },
    async ListAttributes(request) {
      const instanceId = instanceOf(request)
      const query = request.query as AdminQuery<'listAttributes'>
      return adminReply(await listAttributes(mongo, instanceId, await currentSet(mongo, instanceId), query))
    },
  }
}

function jsonOf(rows: readonly MappingRow[]): JsonObject[] {
  return rows as unknown as JsonObject[]
}
