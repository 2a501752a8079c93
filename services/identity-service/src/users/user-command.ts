import {
  type CommandOf,
  type Context,
  type Operation,
  type Outcome,
  operation,
  unchanged,
} from '../commands/command.ts'
import type { View, Wants } from '../commands/view.ts'
import { guarded } from '../guard/guarded.ts'
import { joinGroups, rejoinGroups } from '../memberships/join-groups.ts'
import { joinPhase } from '../memberships/membership-phases.ts'
import { mostMemberships } from '../memberships/read-memberships.ts'
import { groupsShown } from './groups-of-user.ts'
import { canManage, followManager, reportsPhase } from './reports.ts'
import { type UserChange, userOutcome } from './user-change.ts'
import { userSnapshot } from './user-presenter.ts'
import { visibleUser } from './visible-user.ts'

type UserCommandType = 'ProvisionUser' | 'ReplaceUser' | 'PatchUser' | 'PickUpUser'

/** What is different about the commands that change a user. */
interface Declared<Message> {
  readonly outcome: 'created' | 'changed'
  readonly needs: (message: Message, want: Wants) => void
  /** Whether it says if the user is to be active; it does unless it says otherwise. */
  readonly saysState?: (message: Message) => boolean
  /** What becomes of the user, or what is to be answered instead. @throws Fault, ScimError */
  readonly plan: (message: Message, view: View, ctx: Context) => UserChange | Outcome
}

/**
 * A command that changes a user. With it goes what others have said of that user before it was there: it becomes the Direct
 * Manager of those who named it, and a member of the groups that were given it (PRODUCT.md 3.3). In the same commit where they are
 * few; else in commits that follow, which nobody need wait for.
 */
export function userCommand<Type extends UserCommandType>(
  type: Type,
  { outcome, needs, saysState, plan }: Declared<CommandOf<Type>>,
): Operation<CommandOf<Type>> {
  return operation(type, {
    needs,

    decide(message, view, ctx) {
      const planned = plan(message, view, ctx)
      if ('effects' in planned) return planned
      const guard = guarded(planned, view, ctx, saysState?.(message))
      if ('held' in guard) return guard.held
      const plain = rejoined(userOutcome(planned, view, ctx, outcome), planned, view, ctx)
      return withReferences({ ...plain, effects: [...plain.effects, ...guard.effects] }, planned, view, ctx)
    },

    inParts: {
      begin(message, view, ctx) {
        const planned = plan(message, view, ctx)
        const { effects, announcements, reply } =
          'effects' in planned ? planned : rejoined(userOutcome(planned, view, ctx, outcome), planned, view, ctx)
        return effects.length === 0 || reply === null
          ? { reply }
          : { effects, announcements, early: { reply, atOnce: true } }
      },
      phases: ({ instanceId, userId }) => [
        reportsPhase(instanceId, userId),
        joinPhase(instanceId, { id: userId, type: 'User' }),
      ],
      end({ instanceId, userId }, view) {
        const user = visibleUser(instanceId, userId, view)
        return unchanged({ outcome, resource: userSnapshot(user, groupsShown(user, view)) })
      },
    },
  })
}

/** The outcome of a change with the groups that a revived user joins again. */
function rejoined(outcome: Outcome, { after, rejoins = [] }: UserChange, view: View, ctx: Context): Outcome {
  const member = { id: after._id, type: 'User' as const, name: after.userName }
  const joined = rejoinGroups(member, after.instanceId, rejoins, view, ctx)
  return {
    ...outcome,
    effects: [...outcome.effects, ...joined.effects],
    announcements: [...outcome.announcements, ...joined.announcements],
  }
}

/** The outcome of a change with what it means for those who refer to the user. */
function withReferences(
  outcome: Outcome,
  { before, after }: UserChange,
  view: View,
  ctx: Context,
): Outcome | 'too-large' {
  if (outcome.effects.length === 0 || canManage(before) || !canManage(after)) return outcome
  const reports = view.reportsPendingFor(after.instanceId, after._id)
  const following = followManager(after, reports, view, ctx)
  const memberships = view.groupsOf(after._id)
  if (following.isCut || memberships.length > mostMemberships) return 'too-large'
  const joined = joinGroups({ id: after._id, type: 'User', name: after.userName }, after.instanceId, view, ctx)
  return {
    ...outcome,
    effects: [...outcome.effects, ...following.effects, ...joined.effects],
    announcements: [...outcome.announcements, ...following.announcements, ...joined.announcements],
  }
}
