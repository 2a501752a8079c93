import { Fault } from '@user-provisioning/contracts/errors'
import { type Operation, operation } from '../commands/command.ts'
import type { View } from '../commands/view.ts'
import { userDeletion } from '../users/delete-user.ts'
import { userOutcome, withResource } from '../users/user-change.ts'
import type { HeldDocument } from './guard-document.ts'
import type { ReleaseHeld } from './release-request.ts'

const deletion: Operation<ReleaseHeld> = userDeletion(({ instanceId, userId }, view) => {
  const user = view.user(instanceId, userId)
  if (user === undefined) throw new Fault('not-found', { type: 'user' })
  return user
})

/**
 * Carries one held change out, as of now: a suspension leaves everything else as it is. One that the IdP has made void meanwhile,
 * or whose user is gone, comes to nothing.
 */
export const releaseHeld = operation('ReleaseHeld', {
  needs(message, want) {
    want.held(message.instanceId, message.userId)
    deletion.needs(message, want)
  },

  decide(message, view, ctx) {
    const { instanceId, userId } = message
    const held = requireHeld(message, view)
    const forget = { kind: 'held', before: held, after: null } as const
    const user = view.user(instanceId, userId)
    if (!user?.visible || user.scimSyncId === null) {
      return { effects: [forget], announcements: [], reply: { outcome: 'deleted' } }
    }
    const outcome =
      held.change === 'delete'
        ? deletion.decide(message, view, ctx)
        : userOutcome(withResource(user, { ...user.scim, active: false }, view, ctx.now), view, ctx, 'changed')
    return outcome === 'too-large' ? outcome : { ...outcome, effects: [...outcome.effects, forget] }
  },

  inParts: {
    begin(message, view, ctx) {
      const step = deletion.inParts?.begin(message, view, ctx)
      if (step === undefined || 'reply' in step) return { reply: { outcome: 'deleted' } }
      const forget = { kind: 'held', before: requireHeld(message, view), after: null } as const
      return { ...step, effects: [...step.effects, forget] }
    },
    phases: (message) => deletion.inParts?.phases(message) ?? [],
    end: () => ({ effects: [], announcements: [], reply: { outcome: 'deleted' } }),
  },
})

function requireHeld({ instanceId, userId }: ReleaseHeld, view: View): HeldDocument {
  const held = view.held(instanceId, userId)
  if (held === undefined) throw new Fault('not-found', { type: 'held change' })
  return held
}
