import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { instanceOf } from '@user-provisioning/contracts/admin-requests'
import { faultOf } from '@user-provisioning/contracts/errors'
import type { GroupFact } from '@user-provisioning/contracts/identity-facts'
import { factId } from '@user-provisioning/contracts/ids'
import { adminReply, type Reply, refusal } from '@user-provisioning/contracts/reply'
import { commitRequest } from '@user-provisioning/mongo/commit-request'
import type { Committer, Decision } from '@user-provisioning/mongo/committer'
import type { Mongo } from '@user-provisioning/mongo/connection'
import type { Part, Position } from '@user-provisioning/mongo/work-in-parts'
import { noteGroup } from './groups/note-group.ts'
import { operationOf } from './operations.ts'
import { type Relink, relinkPart } from './users/relink-users.ts'
import { decideRuleWork, lookupsFor, missingLookup, objectsOf, type RuleWork, userOf } from './users/rule-work.ts'
import { factAnnouncement } from './users/settle-run.ts'
import { readWanted, type Wants, type WorkflowView } from './workflow-view.ts'

/** What this service commits: in one stream, so that a fact sees the objects created before it. */
export type WorkflowInput =
  | RuleWork
  | Relink
  | { readonly kind: 'group-fact'; readonly fact: GroupFact }
  | { readonly kind: 'request'; readonly request: AdminRequest }

export type WorkflowCommitter = Committer<WorkflowInput>

/** What rules that listen to links look for, one after the other: more than fifty rules may do in one run. */
const mostRounds = 200

/** Reads what a group of inputs needs: users and rules first, then what those rules look for. */
export async function readView(mongo: Mongo, inputs: readonly WorkflowInput[]): Promise<WorkflowView> {
  const works = inputs.filter((input) => isRuleWork(input))
  const view = await readWanted(mongo, (want) => {
    for (const input of inputs) wantFor(input, want)
  })
  await view.book.read(
    works.flatMap((work) => lookupsFor(work, view)),
    [],
  )
  for (let round = 0; round < mostRounds; round++) {
    const missing = works.flatMap((work) => missingLookup(work, view) ?? [])
    if (missing.length === 0) break
    await view.book.read(missing, [])
  }
  return view
}

/** Decides one input; what it changes is in `view` for the inputs that follow in its group. */
export function decide(input: WorkflowInput, view: WorkflowView, now: Date): Decision | 'too-large' {
  switch (input.kind) {
    case 'group-fact':
      return noteGroup(input.fact, view.book, now)
    case 'request':
      return decideRequest(input.request, view, now)
    case 'relink':
      return 'too-large'
    default:
      return decideRuleWork(input, view, now)
  }
}

/** The next transaction of work that takes several. */
export function readPart(mongo: Mongo, input: WorkflowInput, position: Position): Promise<Part> {
  if (input.kind !== 'relink') throw new Error(`${input.kind} has no parts`)
  return relinkPart(input, position, { mongo, read: (works) => readView(mongo, works) })
}

function isRuleWork(input: WorkflowInput): input is RuleWork {
  return input.kind === 'user-fact' || input.kind === 'rerun' || input.kind === 'relink-user'
}

function wantFor(input: WorkflowInput, want: Wants): void {
  if (input.kind === 'group-fact') want.object(input.fact.instanceId, input.fact.group.id)
  if (input.kind === 'request') operationOf(input.request).needs(input.request, want, instanceOf(input.request))
  if (!isRuleWork(input)) return
  const { instanceId, userId } = userOf(input)
  want.user(instanceId, userId)
  want.ruleSet(instanceId)
  for (const id of objectsOf(input)) want.object(instanceId, id)
}

/**
 * Carries a request out in its turn, or, for a dry run, decides what it would come to from what is stored now.
 * @param partition whose member announces what is committed; this replica owns it
 */
export async function carryOut(
  mongo: Mongo,
  committer: Pick<WorkflowCommitter, 'submit'>,
  request: AdminRequest,
  partition: number,
): Promise<Reply> {
  const input = { kind: 'request', request } as const
  if (!request.dryRun) return commitRequest(committer, request, { partition }, input)
  return decideRequest(request, await readView(mongo, [input]), new Date()).reply as Reply
}

/** A refusal is an answer like any other, but nothing is kept of it: the same request is decided anew. */
function decideRequest(request: AdminRequest, view: WorkflowView, now: Date): Decision {
  const instanceId = instanceOf(request)
  const ctx = { instanceId, entityId: request.entityId ?? instanceId, actor: request.actor, now }
  try {
    const { writes, facts, answer, diff = [] } = operationOf(request).decide(request, view, ctx)
    if (request.dryRun) {
      const difference = diff.map(({ path, old, new: value }) => ({ path, old, new: value }))
      return { reply: adminReply({ ...answer, dryRun: true, diff: difference }) }
    }
    const reply = adminReply(answer)
    if (writes.length === 0) return { reply }
    const { requestId } = request
    const common = { instanceId, at: now.toISOString(), correlationId: requestId }
    const announcements = facts.map((fact, n) => factAnnouncement({ ...fact, ...common, id: factId(requestId, n) }))
    return { writes, announcements, reply }
  } catch (err) {
    const fault = faultOf(err)
    if (fault === undefined) throw err
    return { reply: refusal(fault) }
  }
}
