import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import type { Committer, Decision } from '@user-provisioning/mongo/committer'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { readSets, type SetBook } from './mapping-sets/mapping-set-store.ts'
import { type SaveRequest, saveMappingSet } from './mapping-sets/save-mapping-set.ts'
import { type ApplyToUser, applyToUser } from './users/apply-to-user.ts'
import { proposeFields, readCopies, type UserCopies } from './users/propose-fields.ts'

/** What this service commits: in one stream, so that a fact sees the sets saved before it. */
export type MappingInput =
  | { readonly kind: 'user-fact'; readonly fact: UserFact }
  | { readonly kind: 'save-set'; readonly save: SaveRequest }
  | ({ readonly kind: 'apply-set' } & ApplyToUser)
  /** What is decided already: one's own draft. */
  | { readonly kind: 'decided'; readonly decision: Decision }

export interface MappingView {
  readonly copies: UserCopies
  readonly sets: SetBook
}

export type MappingCommitter = Committer<MappingInput>

/** Reads what a group of inputs needs: the copies of its users and the sets of its instances, side by side. */
export async function readView(mongo: Mongo, inputs: readonly MappingInput[]): Promise<MappingView> {
  const [copies, sets] = await Promise.all([
    readCopies(mongo, inputs.flatMap(userOfInput)),
    readSets(mongo, inputs.flatMap(instanceOfInput)),
  ])
  return { copies, sets }
}

/** Decides one input; what it changes is in `view` for the inputs that follow in its group. */
export function decide(input: MappingInput, view: MappingView, now: Date): Decision {
  switch (input.kind) {
    case 'user-fact':
      return proposeFields(input.fact, view.copies, view.sets.of(input.fact.instanceId), now)
    case 'apply-set':
      return applyToUser(input, view.copies, now)
    case 'save-set':
      return saveMappingSet(input.save, view.sets, now)
    case 'decided':
      return input.decision
  }
}

function userOfInput(input: MappingInput): { instanceId: string; id: string }[] {
  if (input.kind === 'user-fact') return [{ instanceId: input.fact.instanceId, id: input.fact.user.id }]
  return input.kind === 'apply-set' ? [{ instanceId: input.instanceId, id: input.userId }] : []
}

function instanceOfInput(input: MappingInput): string[] {
  if (input.kind === 'user-fact') return [input.fact.instanceId]
  return input.kind === 'save-set' ? [input.save.instanceId] : []
}
