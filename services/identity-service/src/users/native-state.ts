import { Fault } from '@user-provisioning/contracts/errors'
import { adminReply } from '@user-provisioning/contracts/reply'
import { searchTree } from '@user-provisioning/scim/fold'
import { userType } from '@user-provisioning/scim/schema'
import type { CommandOf, Context, Operation, Outcome } from '../commands/command.ts'
import type { View } from '../commands/view.ts'
import { userFact, valueChange } from './user-change.ts'
import type { UserDocument } from './user-document.ts'
import { requireNative, userIn, userOf } from './user-of-request.ts'
import { presentUser } from './user-presenter.ts'

/** An admin's suspension or reactivation of a native user, its SCIM resource kept in step. */
export function stateOperation<Type extends 'SuspendUser' | 'ReactivateUser'>(
  _type: Type,
  state: 'active' | 'suspended',
  verb: string,
): Operation<CommandOf<Type>> {
  return {
    needs(message, want) {
      const { instanceId, userId } = userIn(message)
      want.user(instanceId, userId)
    },

    decide(message, view: View, ctx: Context): Outcome {
      const before = requireNative(userOf(message, verb, view), 'active')
      if (before.state === state) throw new Fault('state-conflict', { thing: before.userName, state, verb })
      const scim = { ...before.scim, active: state === 'active' }
      const after: UserDocument = {
        ...before,
        state,
        scim,
        search: searchTree(scim, userType),
        version: before.version + 1,
        scimVersion: before.scimVersion + 1,
        meta: { ...before.meta, lastModified: ctx.now },
        changedAt: ctx.now,
      }
      const changes = valueChange('state', 'state', before.state, state)
      const type = state === 'active' ? 'UserReactivated' : 'UserSuspended'
      return {
        effects: [{ kind: 'user', before, after }],
        announcements: [userFact(type, { after, changes, warnings: [] }, ctx)],
        reply: adminReply(presentUser(after)),
      }
    },
  }
}
