import { Fault } from '@user-provisioning/contracts/errors'
import type { Context } from '../commands/command.ts'
import type { Effect } from '../commands/effect.ts'
import type { View } from '../commands/view.ts'
import { settingsOf } from '../settings/settings.ts'
import type { PickUpDocument } from './pick-up-document.ts'

/** A user or group, as far as pick-up goes. */
interface Account {
  readonly _id: string
  readonly instanceId: string
  readonly scimSyncId: string | null
  readonly visible: boolean
  readonly protected?: boolean
  readonly pickUpUndone?: boolean
}

/** Whether SCIM sees an account: where nothing is picked up, native ones are not there. */
export function isSeen(account: Account, view: View): boolean {
  return account.visible && (account.scimSyncId !== null || modeIn(account.instanceId, view) === 'on')
}

/**
 * Lets a native account be picked up, or says why not (DESIGN: pick-up, done safely).
 * @throws Fault pick-up-refused; in report-only with `wouldPickUp`, for the log
 */
export function requirePickUp(account: Account, name: string, view: View): void {
  const mode = modeIn(account.instanceId, view)
  const reason = account.protected
    ? 'it is a protected account'
    : account.pickUpUndone
      ? 'its pick-up was undone'
      : refusedByMode[mode]
  if (reason === null) return
  const isReported = mode === 'report-only' && !account.protected && !account.pickUpUndone
  throw new Fault('pick-up-refused', { name, reason }, isReported ? { members: { wouldPickUp: account._id } } : {})
}

const refusedByMode = {
  on: null,
  off: 'pick-up is switched off in this instance',
  'report-only': 'pick-up is in report-only mode in this instance',
} as const

function modeIn(instanceId: string, view: View) {
  const instance = view.instance(instanceId)
  return instance === undefined ? 'on' : settingsOf(instance).pickUpMode
}

/** What is kept of a pick-up, where a change is one. */
export function pickUpOf(
  before: Account | null,
  after: Account,
  { type, name }: Pick<PickUpDocument, 'type' | 'name'>,
  ctx: Context,
): Effect[] {
  if (before === null || before.scimSyncId !== null || after.scimSyncId === null) return []
  const { _id, instanceId } = after
  const kept = { type, name, pickedUpAt: ctx.now, pickedUpBy: ctx.actor, correlationId: ctx.id }
  return [{ kind: 'pick-up', after: { _id, instanceId, ...kept } }]
}
