import type { WorkflowFact } from '@user-provisioning/contracts/engine-facts'
import { entityKey, factId } from '@user-provisioning/contracts/ids'
import type { ProposeLinks } from '@user-provisioning/contracts/proposals'
import { topics } from '@user-provisioning/contracts/topics'
import type { NewAnnouncement } from '@user-provisioning/mongo/journal'
import type { Write } from '@user-provisioning/mongo/write'
import { writeObject } from '../objects/object-store.ts'
import { noteHealth } from '../rules/rule-health.ts'
import { rulesFact } from '../rules/rules-fact.ts'
import type { HeldLink, RuleRun } from '../rules/run-rules.ts'
import { type CreatedObject, createdFact } from '../rules/surroundings.ts'
import type { WorkflowView } from '../workflow-view.ts'
import type { UserCopy } from './user-copy.ts'
import { writeCopy } from './user-copy-store.ts'

/** What rules came to for a user. */
export interface SettledRun {
  /** The id of the proposal; facts are numbered under it. */
  readonly id: string
  readonly instanceId: string
  readonly userId: string
  readonly correlationId: string
  /** What it answers: a fact, or a job. */
  readonly causeId: string
  readonly before: UserCopy | undefined
  readonly after: UserCopy
  /** Absent where no rule ran. */
  readonly run?: RuleRun | undefined
  /** Absent where there is nothing to propose. */
  readonly links?: readonly HeldLink[] | undefined
  readonly created: readonly CreatedObject[]
}

/**
 * What it writes and announces: the user's copy, the objects that rules created, how the rules fare, the run, and the links
 * to be. Leaves the copy and the rules in the view.
 */
export function settleRun(
  settled: SettledRun,
  view: WorkflowView,
  now: Date,
): { writes: Write[]; announcements: NewAnnouncement[] } {
  const { id, instanceId, userId, correlationId, before, after, run, links, created } = settled
  view.copies.set(userId, after)
  const set = view.ruleSet(instanceId)
  const writes = [
    writeCopy({ instanceId, userId }, before, after, now),
    ...created.map(({ object }) => writeObject(null, object)),
  ]
  const common = {
    instanceId,
    at: now.toISOString(),
    correlationId,
    fieldsVersion: after.fieldsVersion,
    rulesVersion: set.version,
    warnings: [...(run?.warnings ?? [])],
  }
  const announcements: NewAnnouncement[] = []
  if (links) {
    const value: ProposeLinks = {
      type: 'ProposeLinks',
      id,
      ...common,
      userId,
      factId: settled.causeId,
      linksRevision: after.revision,
      links: [...links],
    }
    const key = entityKey(instanceId, userId)
    announcements.push({ topic: topics.workflowProposals.name, key, type: value.type, id, value })
  }
  const facts: WorkflowFact[] = []
  const nextId = () => factId(id, facts.length)
  if (run) facts.push({ type: 'RulesRan', id: nextId(), ...common, entityId: userId })
  for (const each of created) facts.push(createdFact(each, nextId(), correlationId))
  if (run) {
    const health = noteHealth(set, run, userId, now)
    view.putRuleSet(health.set)
    writes.push(...health.writes)
    for (const { change, warning } of health.paused) {
      const fact = rulesFact('RulePaused', change, [warning])
      facts.push({ ...fact, id: nextId(), instanceId, at: common.at, correlationId })
    }
  }
  return { writes, announcements: [...announcements, ...facts.map(factAnnouncement)] }
}

/** A fact on its way to the topic of the workflow engine. */
export function factAnnouncement(fact: WorkflowFact): NewAnnouncement {
  const { instanceId, entityId, type, id } = fact
  return { topic: topics.workflowFacts.name, key: entityKey(instanceId, entityId), type, id, value: fact }
}
