import type { Member } from '@user-provisioning/contracts/images'
import type { Context, FactAnnouncement, FactOrigin } from '../commands/command.ts'
import type { GroupDocument } from '../groups/group-document.ts'
import { groupImage } from '../groups/group-presenter.ts'

const mostInOneFact = 1_000
/** Of the names in it: the rest of the largest message is for the group's image. */
const mostNameBytes = 1024 * 1024

/**
 * The difference of a group's members in facts of at most 1,000 members each, fewer where their names are long; none where there
 * is no difference.
 */
export function membersFacts(
  group: GroupDocument,
  { added, removed }: { readonly added: readonly Member[]; readonly removed: readonly Member[] },
  ctx: Context,
  origin: FactOrigin = {},
): FactAnnouncement[] {
  const facts: FactAnnouncement[] = []
  let part = { added: [] as Member[], removed: [] as Member[] }
  let bytes = 0
  const close = () => {
    if (part.added.length + part.removed.length === 0) return
    facts.push(membersFact(group, part.added, part.removed, ctx, origin))
    part = { added: [], removed: [] }
    bytes = 0
  }
  const put = (list: 'added' | 'removed', member: Member) => {
    const size = Buffer.byteLength(member.name)
    if (part.added.length + part.removed.length === mostInOneFact || bytes + size > mostNameBytes) close()
    part[list].push(member)
    bytes += size
  }
  for (const member of added) put('added', member)
  for (const member of removed) put('removed', member)
  close()
  return facts
}

/** The announcement of one part of a difference; one that is empty tells the version that earlier parts led to. */
export function membersFact(
  group: GroupDocument,
  added: readonly Member[],
  removed: readonly Member[],
  ctx: Context,
  origin: FactOrigin = {},
): FactAnnouncement {
  return {
    kind: 'fact',
    fact: {
      type: 'MembersChanged',
      instanceId: group.instanceId,
      entityId: group._id,
      at: ctx.now.toISOString(),
      actor: ctx.actor,
      cause: { type: origin.cause ?? 'request', id: ctx.id },
      correlationId: origin.correlationId ?? ctx.id,
      changes: [],
      warnings: [],
      group: groupImage(group),
      added: [...added],
      removed: [...removed],
    },
  }
}
