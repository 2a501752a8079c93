import type { Mongo } from '@user-provisioning/mongo/connection'
import type { Part } from '@user-provisioning/mongo/work-in-parts'
import type { WorkflowView } from '../workflow-view.ts'
import { decideRuleWork, type RuleWork } from './rule-work.ts'
import { userCopies } from './user-copy-store.ts'

/** An object was renamed, merged `into` another, or is gone: all users who are linked to it are looked at, some at a time. */
export interface Relink {
  readonly kind: 'relink'
  readonly requestId: string
  readonly instanceId: string
  readonly objectId: string
  readonly into?: string
  readonly correlationId: string
}

const usersAtOnce = 200

/**
 * The next users of a relink, in the order of their ids.
 * @param progress the last user of the part before
 * @param tries how often this part has met somebody else's write: it is tried with fewer users then
 */
export async function relinkPart(
  { requestId, instanceId, objectId, into, correlationId }: Relink,
  { progress, tries }: { readonly progress: unknown; readonly tries: number },
  { mongo, read }: { mongo: Pick<Mongo, 'bound'>; read: (works: readonly RuleWork[]) => Promise<WorkflowView> },
): Promise<Part> {
  const limit = Math.max(1, Math.floor(usersAtOnce / 2 ** tries))
  const after = typeof progress === 'string' ? progress : ''
  const linked = await mongo
    .bound(userCopies, instanceId)
    .find({ 'links.objectId': objectId, _id: { $gt: after } }, { sort: { _id: 1 }, limit, projection: { _id: 1 } })
  const last = linked.at(-1)
  if (last === undefined) return { writes: [], announcements: [], reply: null }
  const works = linked.map(
    ({ _id: userId }): RuleWork => ({
      kind: 'relink-user',
      id: `${requestId}/${userId}`,
      instanceId,
      userId,
      objectId,
      ...(into === undefined ? {} : { into }),
      correlationId,
      causeId: requestId,
    }),
  )
  const view = await read(works)
  const now = new Date()
  const decisions = works.map((work) => decideRuleWork(work, view, now))
  return {
    writes: decisions.flatMap((decision) => ('writes' in decision ? decision.writes : [])),
    announcements: decisions.flatMap((decision) => ('writes' in decision ? decision.announcements : [])),
    progress: last._id,
  }
}
