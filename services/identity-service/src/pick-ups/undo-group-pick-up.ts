import { requireVersion } from '@user-provisioning/contracts/admin/if-match'
import { instanceOf } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import { adminReply } from '@user-provisioning/contracts/reply'
import { operation } from '../commands/command.ts'
import { groupFact } from '../groups/group-change.ts'
import type { GroupDocument } from '../groups/group-document.ts'
import { presentGroupSummary } from '../groups/group-presenter.ts'
import { nativeAgain, requirePickedUp, undoneEffect } from './undone.ts'

/** A group that was picked up is native again; its name and members stay as they are. */
export const undoGroupPickUp = operation('UndoGroupPickUp', {
  needs(message, want) {
    const { groupId = '' } = message.parameters
    want.group(instanceOf(message), groupId)
    want.pickUp(instanceOf(message), groupId)
  },

  decide(message, view, ctx) {
    const before = view.group(instanceOf(message), message.parameters.groupId ?? '')
    if (before === undefined || before.state === 'deleted') throw new Fault('not-found', { type: 'group' })
    requireVersion(message, before)
    requirePickedUp(before, before.displayName, view)
    const after: GroupDocument = { ...before, ...nativeAgain(before, ctx) }
    const changes = [{ kind: 'state' as const, path: 'scimSyncId', old: before.scimSyncId, new: null }]
    return {
      effects: [{ kind: 'group', before, after }, undoneEffect(before, ctx)],
      announcements: [groupFact('GroupPickUpUndone', after, changes, ctx)],
      reply: adminReply(presentGroupSummary(after)),
    }
  },
})
