import { adminReply } from '@user-provisioning/contracts/reply'
import { operation } from '../commands/command.ts'
import { userFact, valueChange } from '../users/user-change.ts'
import type { UserDocument } from '../users/user-document.ts'
import { userIn, userOf } from '../users/user-of-request.ts'
import { presentUser } from '../users/user-presenter.ts'
import { nativeAgain, requirePickedUp, undoneEffect } from './undone.ts'

/** A user that was picked up is native again; name, state, fields, links and memberships stay as they are. */
export const undoUserPickUp = operation('UndoUserPickUp', {
  needs(message, want) {
    const { instanceId, userId } = userIn(message)
    want.user(instanceId, userId)
    want.pickUp(instanceId, userId)
  },

  decide(message, view, ctx) {
    const before = userOf(message, 'undoing its pick-up', view)
    requirePickedUp(before, before.userName, view)
    const after: UserDocument = {
      ...before,
      ...nativeAgain(before, ctx),
      fieldSources: Object.fromEntries(Object.keys(before.fieldSources).map((name) => [name, 'native' as const])),
    }
    const changes = valueChange('state', 'scimSyncId', before.scimSyncId, null)
    return {
      effects: [{ kind: 'user', before, after }, undoneEffect(before, ctx)],
      announcements: [userFact('UserPickUpUndone', { after, changes, warnings: [] }, ctx)],
      reply: adminReply(presentUser(after)),
    }
  },
})
