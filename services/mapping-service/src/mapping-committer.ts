import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import type { Committer, Decision } from '@user-provisioning/mongo/committer'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { mappingSets, type SetBook, setBook } from './mapping-sets/mapping-set-store.ts'
import { type SaveRequest, saveMappingSet } from './mapping-sets/save-mapping-set.ts'
import { type ApplyToUser, applyToUser } from './users/apply-to-user.ts'
import { copiesOf, proposeFields, type UserCopies } from './users/propose-fields.ts'
import { userCopies } from './users/user-copy-store.ts'

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

/** Reads what a group of inputs needs in one round trip: the copies of its users, and the sets of its instances. */
export async function readView(
  mongo: Pick<Mongo, 'readTogether'>,
  inputs: readonly MappingInput[],
): Promise<MappingView> {
  const ofInstances = new Set(inputs.flatMap(instanceOfInput))
  const { copies, sets } = await mongo.readTogether({
    copies: { definition: userCopies, keys: inputs.flatMap(userOfInput) },
    sets: { definition: mappingSets, keys: [...ofInstances].map((id) => ({ instanceId: id, id })) },
  })
  return { copies: copiesOf(copies), sets: setBook(sets) }
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
