import { Fault } from '@user-provisioning/contracts/errors'
import type { Context } from '../commands/command.ts'
import type { Effect } from '../commands/effect.ts'
import type { View } from '../commands/view.ts'

interface Account {
  readonly _id: string
  readonly instanceId: string
  readonly scimSyncId: string | null
  readonly version: number
}

/** What being native again sets: SCIM does not see the account any more, so that no lookup picks it up once more. */
export function nativeAgain(account: Account, ctx: Context) {
  return {
    scimSyncId: null,
    pickUpUndone: true,
    visible: false,
    version: account.version + 1,
    changedAt: ctx.now,
  } as const
}

/** @throws Fault state-conflict for what is native already, and for what the IdP made */
export function requirePickedUp(account: Account, name: string, view: View): void {
  const isManaged = account.scimSyncId !== null
  if (isManaged && view.pickUp(account._id) !== undefined) return
  throw new Fault('state-conflict', {
    thing: name,
    state: isManaged ? 'made by the IdP' : 'native',
    verb: 'undoing its pick-up',
  })
}

export function undoneEffect({ _id, instanceId }: Account, ctx: Context): Effect {
  return { kind: 'pick-up', after: { _id, instanceId, undoneAt: ctx.now, undoneBy: ctx.actor } }
}
