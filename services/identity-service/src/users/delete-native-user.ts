import { adminReply } from '@user-provisioning/contracts/reply'
import { operation } from '../commands/command.ts'
import { goneUser, partingPhases, tombstone } from './delete-user.ts'
import { requireNative, userIn, userOf } from './user-of-request.ts'

const done = adminReply({})

/** An admin's deletion: of native users alone, since a managed one would come back with the IdP's next cycle. */
export const deleteNativeUser = operation('DeleteNativeUser', {
  needs(message, want) {
    const { instanceId, userId } = userIn(message)
    want.user(instanceId, userId)
    want.groupsOf(instanceId, userId)
    want.reportsOf(instanceId, userId)
  },

  decide(message, view, ctx) {
    const gone = goneUser(requireNative(userOf(message, 'deleting', view), 'deletion'), view, ctx)
    return gone === 'too-large' ? gone : { ...gone, reply: done }
  },

  inParts: {
    begin: (message, view, ctx) => ({
      ...tombstone(requireNative(userOf(message, 'deleting', view), 'deletion'), view, ctx),
      early: { reply: done, atOnce: true },
    }),
    phases(message) {
      const { instanceId, userId } = userIn(message)
      return partingPhases(instanceId, userId)
    },
    end: () => ({ effects: [], announcements: [], reply: done }),
  },
})
