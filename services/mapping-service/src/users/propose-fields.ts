import type { MappingFact } from '@user-provisioning/contracts/engine-facts'
import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import { entityKey, factId } from '@user-provisioning/contracts/ids'
import type { ProposeFields } from '@user-provisioning/contracts/proposals'
import { topics } from '@user-provisioning/contracts/topics'
import type { Decision } from '@user-provisioning/mongo/committer'
import type { Mongo } from '@user-provisioning/mongo/connection'
import type { MappingSet } from '../mapping-sets/mapping-set.ts'
import { decideOnUserFact, type UserCopy } from './user-copy.ts'
import { userCopies, writeCopy } from './user-copy-store.ts'

/** The copies of the users of a group of facts, as the facts before in that group left them. */
export type UserCopies = Map<string, UserCopy>

/** Reads the copies of all users that the facts are about, at once. */
export async function readCopies(mongo: Mongo, facts: readonly UserFact[]): Promise<UserCopies> {
  const keys = facts.map(({ instanceId, user }) => ({ instanceId, id: user.id }))
  return new Map((await mongo.readByIds(userCopies, keys)).map((copy) => [copy._id, copy]))
}

/** The request id of a fact's proposal, and the id of the proposal: one for one fact, however often the fact comes. */
export function proposalId(fact: UserFact): string {
  return `${fact.id}/mapping`
}

/**
 * What a user fact writes and announces: the user's copy, the proposal, and the rows that failed. Leaves the copy in
 * `copies` for the next fact of the group.
 */
export function proposeFields(fact: UserFact, copies: UserCopies, set: MappingSet, now: Date): Decision {
  const { instanceId, user } = fact
  const before = copies.get(user.id)
  const { copy, proposal } = decideOnUserFact(before, fact, set)
  if (!copy) return { reply: null }
  copies.set(user.id, copy)

  const id = proposalId(fact)
  const key = entityKey(instanceId, user.id)
  const common = { instanceId, at: now.toISOString(), correlationId: fact.correlationId }
  const announcements = []
  if (proposal) {
    const value: ProposeFields = {
      type: 'ProposeFields',
      id,
      ...common,
      userId: user.id,
      factId: fact.id,
      warnings: [...proposal.warnings],
      scimVersion: proposal.scimVersion,
      mappingSetVersion: proposal.mappingSetVersion,
      fields: { ...proposal.fields },
      rows: { ...proposal.rows },
    }
    announcements.push({ topic: topics.mappingProposals.name, key, type: value.type, id: value.id, value })
  }
  if (proposal && proposal.warnings.length > 0) {
    const value: MappingFact = {
      type: 'RowsFailed',
      id: factId(id, 0),
      ...common,
      entityId: user.id,
      mappingSetVersion: proposal.mappingSetVersion,
      warnings: [...proposal.warnings],
    }
    announcements.push({ topic: topics.mappingFacts.name, key, type: value.type, id: value.id, value })
  }
  return { writes: [writeCopy({ instanceId, userId: user.id }, before, copy, now)], announcements, reply: null }
}
