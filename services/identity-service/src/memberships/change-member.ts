import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import { adminReply, type Reply } from '@user-provisioning/contracts/reply'
import { type Operation, operation } from '../commands/command.ts'
import { groupIn, nativeGroup } from '../groups/native-group.ts'
import { changeMembers, findMember } from './change-members.ts'
import { withOtherMembers } from './leave-groups.ts'
import { membersFacts } from './members-facts.ts'

/** An admin makes a user a member of a native group; one that is a member already stays it. */
export const addMember = operation('AddMember', memberChange('add'))
/** An admin ends a membership of a native group; where there is none, that is what was asked for. */
export const removeMember = operation('RemoveMember', memberChange('remove'))

function memberChange(what: 'add' | 'remove'): Operation<AdminRequest> {
  return {
    needs(message, want) {
      const { instanceId, groupId } = groupIn(message)
      const userId = message.parameters.userId ?? ''
      want.group(instanceId, groupId)
      want.entity(instanceId, userId)
      want.membership(instanceId, groupId, userId)
    },

    decide(message, view, ctx) {
      const { instanceId, groupId } = groupIn(message)
      const userId = message.parameters.userId ?? ''
      const before = nativeGroup(instanceId, groupId, view, 'its membership')
      const answer = what === 'add' ? findMember(instanceId, userId, view) : {}
      if (answer === undefined) throw new Fault('not-found', { type: 'user' })
      const wanted = { replaceAll: null, add: [], remove: [], [what]: [what === 'add' ? { value: userId } : userId] }
      const change = changeMembers(before, wanted, view, ctx.now)
      const reply: Reply = adminReply(answer)
      if (change.effects.length === 0) {
        const held = view.membership(groupId, userId)
        if (what === 'remove' || !held?.byRules) return { effects: [], announcements: [], reply }
        // It is the admin's from now on: workflow rules do not end it.
        const after = { ...held, byRules: false }
        return { effects: [{ kind: 'membership', before: held, after }], announcements: [], reply }
      }
      const after = withOtherMembers(before, ctx.now)
      return {
        effects: [{ kind: 'group', before, after }, ...change.effects],
        announcements: membersFacts(after, change, ctx),
        reply,
      }
    },
  }
}
