import type { Warning } from '@user-provisioning/contracts/actor'
import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import type { Decision } from '@user-provisioning/mongo/committer'
import { type Lookup, NotRead } from '../objects/object-book.ts'
import { type HeldLink, type RuleChange, type RuleRun, runRules } from '../rules/run-rules.ts'
import { type CreatedObject, lookupsOf, surroundingsOf } from '../rules/surroundings.ts'
import { listenedType } from '../rules/workflow-rule.ts'
import type { WorkflowView } from '../workflow-view.ts'
import { settleRun } from './settle-run.ts'
import { decideOnUserFact, ruleUserOf, sameLinks, type UserCopy } from './user-copy.ts'

/** Work that runs rules over one user. */
export type RuleWork =
  | { readonly kind: 'user-fact'; readonly fact: UserFact }
  /** Rules run once more, as if the user had just come. */
  | (WorkOnUser & { readonly kind: 'rerun'; readonly again: 'all' | readonly string[] })
  /** An object that the user is linked to was renamed, or merged `into` another, or is gone. */
  | (WorkOnUser & { readonly kind: 'relink-user'; readonly objectId: string; readonly into?: string })

interface WorkOnUser {
  /** The id of the proposal. */
  readonly id: string
  readonly instanceId: string
  readonly userId: string
  readonly correlationId: string
  /** What it is done for. */
  readonly causeId: string
}

/** Whose user it is about. */
export function userOf(work: RuleWork): { instanceId: string; userId: string } {
  return work.kind === 'user-fact' ? { instanceId: work.fact.instanceId, userId: work.fact.user.id } : work
}

/** What the work wants to see beside the user and the rules. */
export function objectsOf(work: RuleWork): string[] {
  return work.kind === 'relink-user' ? [work.objectId, ...(work.into === undefined ? [] : [work.into])] : []
}

/** What running the rules will look for, as far as the user's fields tell. */
export function lookupsFor(work: RuleWork, view: WorkflowView): Lookup[] {
  const { instanceId, userId } = userOf(work)
  const fields = work.kind === 'user-fact' ? work.fact.user.fields : view.copies.get(userId)?.fields
  return lookupsOf(instanceId, view.ruleSet(instanceId).rules, fields ?? {})
}

/** Something that a rule which listens to links looks for, and that was not read yet. */
export function missingLookup(work: RuleWork, view: WorkflowView): Lookup | undefined {
  const { rules } = view.ruleSet(userOf(work).instanceId)
  if (!rules.some((rule) => listenedType(rule) !== undefined)) return undefined
  try {
    runWork(work, view, null)
    return undefined
  } catch (err) {
    if (err instanceof NotRead) return err.lookup
    throw err
  }
}

/** Decides what the work comes to, and leaves that in the view. Nothing is written where nothing is different. */
export function decideRuleWork(work: RuleWork, view: WorkflowView, now: Date): Decision {
  const { instanceId, userId } = userOf(work)
  const created: CreatedObject[] = []
  const before = view.copies.get(userId)
  const { copy, run, links } = runWork(work, view, created, now)
  // Nobody waits for what a fact comes to.
  const reply = work.kind === 'user-fact' ? null : reportOf(links !== undefined, run?.warnings)
  if (!copy) return { reply }
  const told =
    work.kind === 'user-fact'
      ? { id: `${work.fact.id}/workflow`, correlationId: work.fact.correlationId, causeId: work.fact.id }
      : work
  const { id, correlationId, causeId } = told
  const settled = { id, instanceId, userId, correlationId, causeId, before, after: copy, run, links, created }
  return { ...settleRun(settled, view, now), reply }
}

/** What is told of the work to whoever asked for it. */
export interface WorkReport {
  readonly changed: boolean
  readonly warnings: readonly Warning[]
}

function reportOf(changed: boolean, warnings: readonly Warning[] = []): WorkReport {
  return { changed, warnings: warnings.map((warning) => ({ ...warning })) }
}

/** @param created null: only to see what is looked for */
function runWork(
  work: RuleWork,
  view: WorkflowView,
  created: CreatedObject[] | null,
  now = new Date(0),
): { copy?: UserCopy; run?: RuleRun; links?: readonly HeldLink[] } {
  const { instanceId, userId } = userOf(work)
  const { rules } = view.ruleSet(instanceId)
  const around = surroundingsOf(instanceId, view.book, created, now)
  const run = (change: RuleChange) => runRules(rules, change, around)
  const copy = view.copies.get(userId)
  if (work.kind === 'user-fact') return decideOnUserFact(copy, work.fact, run)
  if (!copy || copy.deleted) return {}

  const before = ruleUserOf(copy)
  let ruleRun: RuleRun
  if (work.kind === 'rerun') {
    ruleRun = run({ before, after: before, again: work.again === 'all' ? 'all' : new Set(work.again) })
  } else {
    const target = targetOf(view, work.into ?? work.objectId)
    const isLinked = ({ objectId }: HeldLink) => objectId === work.objectId
    const links = copy.links.flatMap((link) => (isLinked(link) ? (target ? { ...link, ...target } : []) : link))
    const again = new Set(target ? [] : copy.links.filter(isLinked).map(({ ruleId }) => ruleId))
    ruleRun = run({ before, after: { ...before, links }, again })
  }
  const isChanged = !sameLinks(ruleRun.links, copy.links)
  const { failing } = view.ruleSet(instanceId)
  const isTold = [...ruleRun.ran.keys()].some(({ id }) => ruleRun.failed.has(id) || (failing[id]?.length ?? 0) > 0)
  // How rules fare is noted whether or not anything changes.
  if (!isChanged && !isTold && ruleRun.loops.length === 0) return { run: ruleRun }
  return {
    copy: { ...copy, links: ruleRun.links, revision: copy.revision + 1 },
    ...(ruleRun.ran.size > 0 ? { run: ruleRun } : {}),
    ...(isChanged ? { links: ruleRun.links } : {}),
  }
}

/** What a link to an object now says; undefined: it is gone, or an IdP's group. */
function targetOf({ book }: WorkflowView, id: string): Pick<HeldLink, 'objectId' | 'objectName'> | undefined {
  const object = book.object(id)
  if (object) return { objectId: object._id, objectName: object.name }
  const group = book.group(id)
  return group && !group.managed && group.deletedAt === null
    ? { objectId: group._id, objectName: group.name }
    : undefined
}
