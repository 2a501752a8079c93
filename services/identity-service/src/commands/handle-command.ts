import type { IdentityRequest } from '@user-provisioning/contracts/identity-requests'
import { newId } from '@user-provisioning/contracts/ids'
import type { ProposeFields, ProposeLinks } from '@user-provisioning/contracts/proposals'
import type { Answer } from '@user-provisioning/messaging/answering'
import type { Received } from '@user-provisioning/messaging/consumer'
import { beginRequest } from '@user-provisioning/mongo/commit-request'
import type { Committer } from '@user-provisioning/mongo/committer'
import { operations } from '../operations.ts'
import { proposalDecided } from '../telemetry.ts'
import type { Command } from './command.ts'
import type { Input } from './decide-command.ts'
import { dryRun } from './dry-run.ts'

/** What is handed to the committer for a command that came now. */
export function inputOf(id: string, command: Command): Input {
  return { command, id, now: new Date(), mintedId: newId() }
}

/** How every command is answered: a repeated one has the answer that it had the first time. */
export function answerCommands(
  committer: Committer<Input>,
  read: Parameters<typeof dryRun>[1],
): Readonly<Record<string, Answer<IdentityRequest>>> {
  const commit: Answer<IdentityRequest> = (command, place) => {
    const input = inputOf(command.requestId, command as Command)
    if ('dryRun' in command && command.dryRun === true) return dryRun(input, read)
    return beginRequest(committer, command, place, input)
  }
  return Object.fromEntries(Object.keys(operations).map((type) => [type, commit]))
}

/** Applies a proposal, or drops it as outdated. Nobody waits for an answer. */
export function proposalHandler(committer: Committer<Input>) {
  return async ({ value: proposal, partition }: Received<ProposeFields | ProposeLinks>): Promise<void> => {
    const { record } = await committer.submit({
      requestId: proposal.id,
      partition,
      input: inputOf(proposal.id, proposal),
    })
    proposalDecided(proposal.type, record !== undefined)
  }
}
