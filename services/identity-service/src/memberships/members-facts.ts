import type { Member } from '@user-provisioning/contracts/images'
import type { Announcement, Context } from '../commands/command.ts'
import type { GroupDocument } from '../groups/group-document.ts'
import { groupImage } from '../groups/group-presenter.ts'

const mostInOneFact = 1_000

/** The difference of a group's members in facts of at most 1,000 members each; none where there is no difference. */
export function membersFacts(
  group: GroupDocument,
  { added, removed }: { readonly added: readonly Member[]; readonly removed: readonly Member[] },
  ctx: Context,
): Announcement[] {
  const parts: { added: Member[]; removed: Member[] }[] = []
  for (let at = 0; at < added.length + removed.length; at += mostInOneFact) {
    const end = at + mostInOneFact
    parts.push({
      added: added.slice(at, end),
      removed: removed.slice(Math.max(0, at - added.length), Math.max(0, end - added.length)),
    })
  }
  return parts.map((part) => ({
    kind: 'fact',
    fact: {
      type: 'MembersChanged',
      instanceId: group.instanceId,
      entityId: group._id,
      at: ctx.now.toISOString(),
      actor: ctx.actor,
      cause: { type: 'request', id: ctx.id },
      correlationId: ctx.id,
      changes: [],
      warnings: [],
      group: groupImage(group),
      ...part,
    },
  }))
}
