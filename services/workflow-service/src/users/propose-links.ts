import type { WorkflowFact } from '@user-provisioning/contracts/engine-facts'
import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import { entityKey, factId } from '@user-provisioning/contracts/ids'
import type { ProposeLinks } from '@user-provisioning/contracts/proposals'
import { topics } from '@user-provisioning/contracts/topics'
import type { Decision } from '@user-provisioning/mongo/committer'
import type { ObjectBook } from '../objects/object-store.ts'
import type { RuleSet } from '../rules/workflow-rule.ts'
import { decideOnUserFact, type UserCopy } from './user-copy.ts'
import { writeCopy } from './user-copy-store.ts'

/** The copies of the users of a group of facts, as the facts before in that group left them. */
export type UserCopies = Map<string, UserCopy>

/** The request id of a fact's proposal, and the id of the proposal: one for one fact, however often the fact comes. */
export function proposalId(fact: UserFact): string {
  return `${fact.id}/workflow`
}

/**
 * What a user fact writes and announces: the user's copy, the run of the rules, and the links to be. Leaves the copy in
 * `copies` for the next fact of the group.
 */
export function proposeLinks(
  fact: UserFact,
  view: { copies: UserCopies; book: ObjectBook },
  ruleSet: RuleSet,
  now: Date,
): Decision {
  const { instanceId, user } = fact
  const before = view.copies.get(user.id)
  const { copy, run, links } = decideOnUserFact(before, fact, ruleSet, (type, name) => {
    const object = view.book.find({ instanceId, type, name })
    return object && { id: object._id, name: object.name }
  })
  if (!copy) return { reply: null }
  view.copies.set(user.id, copy)

  const id = proposalId(fact)
  const key = entityKey(instanceId, user.id)
  const common = {
    instanceId,
    at: now.toISOString(),
    correlationId: fact.correlationId,
    fieldsVersion: user.fieldsVersion,
    rulesVersion: ruleSet.version,
    warnings: [...(run?.warnings ?? [])],
  }
  const announcements = []
  if (links) {
    const value: ProposeLinks = {
      type: 'ProposeLinks',
      id,
      ...common,
      userId: user.id,
      factId: fact.id,
      links: [...links],
    }
    announcements.push({ topic: topics.workflowProposals.name, key, type: value.type, id: value.id, value })
  }
  if (run) {
    const value: WorkflowFact = { type: 'RulesRan', id: factId(id, 0), ...common, entityId: user.id }
    announcements.push({ topic: topics.workflowFacts.name, key, type: value.type, id: value.id, value })
  }
  return { writes: [writeCopy({ instanceId, userId: user.id }, before, copy, now)], announcements, reply: null }
}
