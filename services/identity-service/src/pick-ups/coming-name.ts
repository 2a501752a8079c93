import type { PickUpReportRow } from '@user-provisioning/contracts/admin/pick-ups'
import { fold } from '@user-provisioning/scim/fold'

type Outcome = Pick<PickUpReportRow, 'outcome' | 'accountId' | 'accountName' | 'differsIn' | 'reason'>

/** An account that a coming name meets, or comes near. */
export interface Met {
  readonly id: string
  readonly name: string
  readonly managed: boolean
  /** Why it would not be picked up; null: it would. */
  readonly refused: string | null
  readonly isProtected: boolean
}

/**
 * What becomes of a name that an IdP is about to bring.
 * @param met who holds the name: an account of this instance, one elsewhere, nobody
 * @param near accounts whose names are like it, where nobody holds it
 */
export function outcomeOf(name: string, met: Met | 'elsewhere' | undefined, near: readonly Met[]): Outcome {
  if (met === 'elsewhere') {
    return { ...nobody, outcome: 'clash-elsewhere', reason: 'The name is taken in another instance.' }
  }
  if (met !== undefined) {
    const account = {
      accountId: met.id,
      accountName: met.name,
      differsIn: met.name === name ? null : ('case' as const),
    }
    if (met.managed) return { ...account, outcome: 'clash-here', reason: 'It is managed already.' }
    if (met.refused === null) return { ...account, outcome: 'picked-up', reason: null }
    return { ...account, outcome: met.isProtected ? 'protected' : 'clash-here', reason: met.refused }
  }
  const alike = near.find((account) => !account.managed && withoutSpace(account.name) === withoutSpace(name))
  if (alike !== undefined) return nearMatch(alike, 'whitespace')
  const namesake = near.find((account) => !account.managed && localPart(account.name) === localPart(name))
  if (namesake !== undefined) return nearMatch(namesake, 'domain')
  return { ...nobody, outcome: 'created', reason: null }
}

const nobody = { accountId: null, accountName: null, differsIn: null } as const

function nearMatch({ id, name }: Met, differsIn: 'whitespace' | 'domain'): Outcome {
  const reason = `It would be created beside ${name}, which differs only in its ${differsIn}.`
  return { accountId: id, accountName: name, outcome: 'near-match', differsIn, reason }
}

/** Folded, without any space. */
function withoutSpace(name: string): string {
  return fold(name).replace(/\s+/gu, '')
}

/** What stands before the domain, folded; all of it where there is none. */
export function localPart(name: string): string {
  return withoutSpace(name).split('@')[0] ?? ''
}
