import { Fault } from '@user-provisioning/contracts/errors'
import type { IdentityRequest } from '@user-provisioning/contracts/identity-requests'
import { newId } from '@user-provisioning/contracts/ids'
import type { ProposeFields, ProposeLinks } from '@user-provisioning/contracts/proposals'
import type { Reply } from '@user-provisioning/contracts/reply'
import type { Received } from '@user-provisioning/messaging/consumer'
import type { Messaging } from '@user-provisioning/messaging/messaging'
import type { Committer, Submitted } from '@user-provisioning/mongo/committer'
import { commandDecided, proposalDecided, requestCameLate } from '../telemetry.ts'
import type { Command } from './command.ts'
import { type Input, refusal } from './decide-command.ts'

/** What is handed to the committer for a command that came now. */
export function inputOf(id: string, command: Command): Input {
  return { command, id, now: new Date(), mintedId: newId() }
}

/** Carries out a command and answers it; a repeated one has the answer that it had the first time. */
export function commandHandler(committer: Committer<Input>, messaging: Pick<Messaging, 'reply'>) {
  return async (message: Received<IdentityRequest>): Promise<void> => {
    const reply = await carryOut(message, committer)
    commandDecided(message.value.type, reply)
    messaging.reply(message, reply)
  }
}

async function carryOut(
  { value: command, partition, key }: Received<IdentityRequest>,
  committer: Committer<Input>,
): Promise<Reply> {
  const { requestId } = command
  const fingerprint = 'fingerprint' in command ? command.fingerprint : null
  try {
    const submitted = await committer.submit({
      requestId,
      partition,
      deadlineAt: Date.parse(command.deadlineAt),
      input: inputOf(requestId, command as Command),
      ...(fingerprint === null ? {} : { fingerprint }),
      ...(key === null ? {} : { key }),
    })
    return answerOf(submitted, command)
  } catch (err) {
    if ((err as { code?: unknown }).code !== 'deadline-exceeded') throw err
    requestCameLate(command.type)
    return refusal(new Fault('deadline-exceeded'))
  }
}

/**
 * The answer of a command that was carried out now or before. Under one Idempotency-Key comes either the same request
 * again, which is told so, or another one, which is refused. A message that Kafka brought twice is no repetition of the
 * client's: its answer was lost, and with it a secret that is shown once.
 */
export function answerOf(
  { reply, record, replayed }: Submitted,
  command: { readonly at: string; readonly fingerprint?: string | null },
): Reply {
  const answer = reply as Reply
  if (record === undefined || !replayed) return answer
  if ((record.fingerprint ?? null) !== (command.fingerprint ?? null)) {
    return refusal(new Fault('idempotency-key-reused'))
  }
  return answer.outcome === 'admin' && Date.parse(command.at) > record.at.getTime()
    ? { ...answer, replayed: true }
    : answer
}

/** A command that cannot be processed is answered and dropped: carrying it out later would overwrite newer state. */
export function dropCommand(messaging: Pick<Messaging, 'reply'>) {
  return async (message: Received): Promise<void> => messaging.reply(message, refusal(new Fault('internal-error')))
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
