import type { Decision } from '@user-provisioning/mongo/committer'
import type { MappingSet } from '../mapping-sets/mapping-set.ts'
import type { SavedSet } from '../mapping-sets/mapping-set-store.ts'
import { proposalOf, type UserCopies } from './propose-fields.ts'
import { applySet } from './user-copy.ts'
import { writeCopy } from './user-copy-store.ts'

/** A version of the rows to be applied to one user, by a job. */
export interface ApplyToUser {
  readonly instanceId: string
  readonly userId: string
  readonly set: MappingSet | SavedSet
  readonly jobId: string
  readonly correlationId: string
}

/** What became of it. */
export interface AppliedTo {
  readonly isApplied: boolean
  /** The first row that gave no value. */
  readonly failed: { readonly code: string; readonly detail: string } | null
}

const notNeeded: AppliedTo = { isApplied: false, failed: null }

/** Proposes for a user what a newer set gives for its SCIM state as it is known; not where that was done already. */
export function applyToUser(apply: ApplyToUser, copies: UserCopies, now: Date): Decision {
  const { instanceId, userId, set, jobId, correlationId } = apply
  const before = copies.get(userId)
  // Gone, or mapped meanwhile because the IdP changed it.
  if (!before?.proposed || before.deleted || before.proposed.mappingSetVersion >= set.version) {
    return { reply: notNeeded }
  }
  const { copy, proposal } = applySet(before, instanceId, set)
  copies.set(userId, copy)
  const key = { instanceId, userId }
  const failed = proposal.warnings.find(({ code }) => code === 'mapping-row-failed')
  return {
    writes: [writeCopy(key, before, copy, now)],
    announcements: proposalOf(key, proposal, { id: `${jobId}/${userId}`, factId: jobId, correlationId }, now),
    reply: {
      isApplied: true,
      failed: failed ? { code: failed.code, detail: failed.detail } : null,
    } satisfies AppliedTo,
  }
}
