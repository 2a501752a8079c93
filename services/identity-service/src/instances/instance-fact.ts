import type { Change } from '@user-provisioning/contracts/actor'
import type { InstanceFact } from '@user-provisioning/contracts/identity-facts'
import type { Announcement, Context } from '../commands/command.ts'

/** The announcement of something about an instance as a whole: its birth, its keys, its integration users. */
export function instanceFact(
  type: InstanceFact['type'],
  what: { readonly instanceId: string; readonly subject: string; readonly changes: readonly Change[] },
  ctx: Context,
): Announcement {
  return {
    kind: 'fact',
    fact: {
      type,
      instanceId: what.instanceId,
      entityId: what.instanceId,
      at: ctx.now.toISOString(),
      actor: ctx.actor,
      cause: { type: 'request', id: ctx.id },
      correlationId: ctx.id,
      changes: [...what.changes],
      warnings: [],
      subject: what.subject,
    },
  }
}
