import type { Change } from '@user-provisioning/contracts/actor'
import { adminReply, type Reply } from '@user-provisioning/contracts/reply'
import { decideCommand, type Input, needsOf } from './decide-command.ts'
import type { View, Wants } from './view.ts'

/**
 * What a command would come to, from what is stored now: its answer with `dryRun` and the diff, which is what the history would
 * say. Nothing is written.
 */
export async function dryRun(input: Input, read: (ask: (want: Wants) => void) => Promise<View>): Promise<Reply> {
  const decision = decideCommand(input, await read((want) => needsOf(input, want)))
  if (decision === 'too-large') throw new Error(`${input.command.type} has no dry run`)
  const { reply } = decision
  if (reply === null || reply.outcome !== 'admin') return reply as Reply
  const announced = 'announcements' in decision ? decision.announcements : []
  const diff = announced
    .flatMap(({ value }) => (value as { changes?: readonly Change[] }).changes ?? [])
    .map(({ path, old, new: now }) => ({ path, old, new: now }))
  return adminReply({ ...(reply.result as object), dryRun: true, diff })
}
