import type { SentRow } from '@user-provisioning/contracts/admin/mapping-sets'
import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { type AdminAnswer, type AdminRequest, instanceOf } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import { adminReply } from '@user-provisioning/contracts/reply'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'
import type { Decision } from '@user-provisioning/mongo/committer'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { remove, update } from '@user-provisioning/mongo/write'

/** What one person is about to save, right or wrong: `_id` is `<instance id>/<principal id>`. */
interface StoredDraft {
  readonly _id: string
  readonly instanceId: string
  readonly baseVersion: number
  readonly rows: readonly SentRow[]
  readonly comment: string | null
  readonly changedAt: Date
}

const keptDays = 90

export const mappingDrafts = defineCollection<StoredDraft>({
  name: 'mappingDrafts',
  scope: 'instance',
  schema: {
    baseVersion: { type: Number, required: true },
    rows: { type: [Object], required: true },
    comment: String,
    changedAt: { type: Date, required: true },
  },
  indexes: [{ keys: { changedAt: 1 }, options: { expireAfterSeconds: keptDays * 86_400 } }],
})

function draftId(request: AdminRequest): string {
  return `${instanceOf(request)}/${request.actor.id}`
}

/** @throws Fault not-found: who asks has none */
export async function readDraft(mongo: Pick<Mongo, 'bound'>, request: AdminRequest): Promise<StoredDraft> {
  const found = await mongo.bound(mappingDrafts, instanceOf(request)).findOne({ _id: draftId(request) })
  if (found === undefined) throw new Fault('not-found', { type: 'draft' })
  return found
}

export function saveDraft(request: AdminRequest, now: Date): Decision {
  const instanceId = instanceOf(request)
  const { rows, baseVersion, comment = null } = adminRoutes.saveMappingDraft.body.parse(request.body)
  const draft: StoredDraft = { _id: draftId(request), instanceId, rows, baseVersion, comment, changedAt: now }
  const { _id, instanceId: _, ...members } = draft
  return {
    writes: [update(mappingDrafts, instanceId, { _id }, { $set: members }, { upsert: true })],
    announcements: [],
    reply: adminReply(presentDraft(draft)),
  }
}

export function deleteDraft(request: AdminRequest): Decision {
  return {
    writes: [remove(mappingDrafts, instanceOf(request), { _id: draftId(request) }, { expect: 'any' })],
    announcements: [],
    reply: adminReply({}),
  }
}

export function presentDraft({
  instanceId,
  baseVersion,
  rows,
  comment,
  changedAt,
}: StoredDraft): AdminAnswer<'readMappingDraft'> {
  return { instanceId, baseVersion, rows: [...rows], comment, changedAt: changedAt.toISOString() }
}
