import type { MappingFact } from '@user-provisioning/contracts/engine-facts'
import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import { entityKey, factId } from '@user-provisioning/contracts/ids'
import type { ProposeFields } from '@user-provisioning/contracts/proposals'
import { topics } from '@user-provisioning/contracts/topics'
import type { Decision } from '@user-provisioning/mongo/committer'
import type { NewAnnouncement } from '@user-provisioning/mongo/journal'
import type { RowWarning } from '../mapping-sets/map-user.ts'
import type { MappingSet } from '../mapping-sets/mapping-set.ts'
import { decideOnUserFact, type UserCopy, type UserDecision } from './user-copy.ts'
import { type StoredUserCopy, writeCopy } from './user-copy-store.ts'

/** The copies of the users of a group of facts, as the facts before in that group left them. */
export type UserCopies = Map<string, UserCopy>

/** The copies that were read, without what belongs to the store. */
export function copiesOf(stored: readonly StoredUserCopy[]): UserCopies {
  return new Map(stored.map(({ _id, instanceId: _, deletedAt: __, mappedAt: ___, ...copy }) => [_id, copy]))
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
  const answers = { id: proposalId(fact), factId: fact.id, correlationId: fact.correlationId }
  return {
    writes: [writeCopy({ instanceId, userId: user.id }, before, copy, now)],
    announcements: proposal ? proposalOf({ instanceId, userId: user.id }, proposal, answers, now) : [],
    reply: null,
  }
}

/** The proposal as it is announced, and the rows that failed in making it. */
export function proposalOf(
  { instanceId, userId }: { readonly instanceId: string; readonly userId: string },
  proposal: NonNullable<UserDecision['proposal']>,
  answers: Pick<ProposeFields, 'id' | 'factId' | 'correlationId'>,
  now: Date,
): NewAnnouncement[] {
  const key = entityKey(instanceId, userId)
  const common = { instanceId, at: now.toISOString(), correlationId: answers.correlationId }
  const { scimVersion, mappingSetVersion, onNativeEdit } = proposal
  const warnings = proposal.warnings.map(warningOf)
  const value: ProposeFields = {
    type: 'ProposeFields',
    ...common,
    ...answers,
    userId,
    warnings,
    scimVersion,
    mappingSetVersion,
    fields: { ...proposal.fields },
    rows: { ...proposal.rows },
    ...(Object.keys(onNativeEdit).length === 0 ? {} : { onNativeEdit: { ...onNativeEdit } }),
  }
  const proposed = { topic: topics.mappingProposals.name, key, type: value.type, id: value.id, value }
  if (warnings.length === 0) return [proposed]
  const failed: MappingFact = {
    type: 'RowsFailed',
    ...common,
    id: factId(answers.id, 0),
    entityId: userId,
    mappingSetVersion,
    warnings,
  }
  return [proposed, { topic: topics.mappingFacts.name, key, type: failed.type, id: failed.id, value: failed }]
}

function warningOf({ code, path, detail }: RowWarning) {
  return { code, path, detail }
}
