import type { JsonObject } from '@user-provisioning/scim/json'
import { type CommandOf, type Operation, type Outcome, operation, type Phase, unchanged } from '../commands/command.ts'
import type { View, Wants } from '../commands/view.ts'
import type { WantedMembers } from '../memberships/change-members.ts'
import { withOtherMembers } from '../memberships/leave-groups.ts'
import { membersFact } from '../memberships/members-facts.ts'
import { memberPhases } from '../memberships/membership-phases.ts'
import { mostMemberships } from '../memberships/read-memberships.ts'
import { groupOutcome, needsMembers, visibleGroup } from './group-change.ts'
import type { GroupDocument } from './group-document.ts'
import { groupSnapshot } from './group-presenter.ts'

type GroupCommandType = 'ProvisionGroup' | 'ReplaceGroup' | 'PatchGroup'

/** What is different about the commands that change a group and its members. */
interface Declared<Message> {
  readonly outcome: 'created' | 'changed'
  /** What it has to see beside members. */
  readonly needs: (message: Message, want: Wants) => void
  /** Read once for each message: it may have 100,000. */
  readonly members: (message: Message) => WantedMembers
  /** The group that it changes and the resource that it is to have, or what is to be answered instead. @throws Fault, ScimError */
  readonly plan: (message: Message, view: View, now: Date) => GroupPlan | Outcome
}

interface GroupPlan {
  readonly before: GroupDocument
  readonly resource: JsonObject
}

const noDifference: WantedMembers = { replaceAll: null, add: [], remove: [] }

/**
 * A command that changes a group and its members. One transaction does all of it where at most 1,000 memberships come into it;
 * else the first has the resource, and the last raises the SCIM version for the members that changed in between.
 */
export function groupCommand<Type extends GroupCommandType>(
  type: Type,
  declared: Declared<CommandOf<Type>>,
): Operation<CommandOf<Type>> {
  type Message = CommandOf<Type>
  const read = new WeakMap<Message, WantedMembers>()
  const phasesOf = new WeakMap<Message, Phase[]>()
  const membersOf = (message: Message): WantedMembers => {
    const members = read.get(message) ?? declared.members(message)
    read.set(message, members)
    return members
  }

  return operation(type, {
    needs(message, want) {
      declared.needs(message, want)
      const members = membersOf(message)
      if (named(members) <= mostMemberships) needsMembers(message.instanceId, message.groupId, members, want)
    },

    decide(message, view, ctx) {
      const plan = declared.plan(message, view, ctx.now)
      if ('effects' in plan) return plan
      const members = membersOf(message)
      const isOfMany = members.replaceAll !== null && view.membersOf(plan.before._id).length > mostMemberships
      if (isOfMany || named(members) > mostMemberships) return 'too-large'
      return groupOutcome(plan.before, { ...plan, members }, view, ctx, declared.outcome)
    },

    inParts: {
      begin(message, view, ctx) {
        const plan = declared.plan(message, view, ctx.now)
        if ('effects' in plan) return { reply: plan.reply }
        const wanted = { ...plan, members: noDifference }
        const { effects, announcements } = groupOutcome(plan.before, wanted, view, ctx, declared.outcome)
        const [effect] = effects
        const group = effect?.kind === 'group' ? effect.after : plan.before
        const resource = { ...groupSnapshot(group, null), membersUnderWay: true }
        return { effects, announcements, early: { reply: { outcome: declared.outcome, resource }, atOnce: false } }
      },

      phases(message) {
        const phases = phasesOf.get(message) ?? memberPhases(message.instanceId, message.groupId, membersOf(message))
        phasesOf.set(message, phases)
        return phases
      },

      end(message, view, ctx, hasChanged) {
        const before = visibleGroup(message.instanceId, message.groupId, view)
        const after = hasChanged ? withOtherMembers(before, ctx.now) : before
        const reply = { outcome: declared.outcome, resource: groupSnapshot(after, null) }
        if (!hasChanged) return unchanged(reply)
        // Who changed was told with each part; the version that they lead to is told with this one.
        return { effects: [{ kind: 'group', before, after }], announcements: [membersFact(after, [], [], ctx)], reply }
      },
    },
  })
}

function named({ replaceAll, add, remove }: WantedMembers): number {
  return (replaceAll?.length ?? 0) + add.length + remove.length
}
