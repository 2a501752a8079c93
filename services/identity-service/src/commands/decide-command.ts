import type { Actor } from '@user-provisioning/contracts/actor'
import { Fault, faultOf } from '@user-provisioning/contracts/errors'
import { entityKey, factId } from '@user-provisioning/contracts/ids'
import { type Reply, refusal } from '@user-provisioning/contracts/reply'
import { topics } from '@user-provisioning/contracts/topics'
import type { Write } from '@user-provisioning/mongo/write'
import { requireCaller } from '../callers/caller.ts'
import { operations } from '../operations.ts'
import type { Announcement, Command, Operation, Outcome, Step } from './command.ts'
import { writesOf } from './effect.ts'
import type { View, Wants } from './view.ts'

/** A command on its way through the committer. */
export interface Input {
  readonly command: Command
  /** The request id, or the proposal's. */
  readonly id: string
  readonly now: Date
  readonly mintedId: string
}

/** A message to be announced, as the journal keeps it. */
interface JournalAnnouncement {
  readonly topic: string
  readonly key: string
  readonly type: string
  readonly value: unknown
}

/** What the committer is to do; without writes the request is only answered and may be decided anew. */
export type CommandDecision =
  | { readonly reply: Reply | null }
  | {
      readonly reply: Reply | null
      readonly writes: readonly Write[]
      readonly announcements: readonly JournalAnnouncement[]
    }

/** Tells what a command has to see: its operation's needs, and who asks. */
export function needsOf({ command }: Input, want: Wants): void {
  if ('apiKeyId' in command) {
    want.apiKey(command.instanceId, command.apiKeyId)
    want.instance(command.instanceId)
  } else if ('parameters' in command && command.instanceId !== null) {
    want.instance(command.instanceId)
  }
  try {
    operationOf(command).needs(command, want)
  } catch (err) {
    // What cannot be read is refused when it is decided.
    if (faultOf(err) === undefined) throw err
  }
}

/** Tells what the commands of a committing group have to see. */
export function needsOfAll(inputs: readonly Input[], want: Wants): void {
  for (const input of inputs) needsOf(input, want)
}

/**
 * Decides a command against what was read and lets the view see its effects. A refusal is an answer like any other, but
 * nothing is kept of it: the same request is decided anew.
 */
export function decideCommand(input: Input, view: View): CommandDecision | 'too-large' {
  let outcome: Outcome | 'too-large'
  try {
    outcome = operationOf(input.command).decide(input.command, view, { ...input, actor: actorOf(input, view) })
  } catch (err) {
    const fault = faultOf(err)
    if (fault === undefined) throw err
    return { reply: refusal(fault) }
  }
  if (outcome === 'too-large') return outcome
  if (outcome.effects.length === 0) return { reply: outcome.reply }
  if (outcome.announcements.some(isTooLarge)) return { reply: refusal(tooLarge()) }
  view.apply(outcome.effects)
  return { reply: outcome.reply, ...writtenOf(outcome, input, 0) }
}

/** What a step writes and tells. @param told how many facts of the command have been told of before */
export function writtenOf({ effects, announcements }: Step, { id }: Input, told: number) {
  return {
    writes: effects.flatMap(writesOf),
    announcements: announcements.map((announcement, n) => journalAnnouncement(announcement, id, told + n)),
  }
}

/** The largest resource, as JSON: what one body may hold. So large a one can still be told of with its values before and after. */
const mostResourceBytes = 1024 * 1024
/** Room for what Kafka and CloudEvents put around a fact. */
const headerBytes = 4_096
const mostFactBytes = topics.identityFacts.maxMessageBytes - headerBytes

/** What no message can tell of must not come true: nobody would hear of that entity again. */
export function isTooLarge(announcement: Announcement): boolean {
  if (announcement.kind !== 'fact') return false
  const { fact } = announcement
  const json = JSON.stringify(fact)
  // A character has three bytes at most, and hardly any fact comes near the limits.
  if (json.length * 3 <= mostResourceBytes) return false
  const scim = 'user' in fact ? fact.user.scim : 'group' in fact ? fact.group.scim : {}
  return Buffer.byteLength(json) > mostFactBytes || Buffer.byteLength(JSON.stringify(scim)) > mostResourceBytes
}

export function tooLarge(): Fault {
  return new Fault('resource-too-large', { limit: `${mostResourceBytes / 1024 ** 2} MB` })
}

/** The record maps each type to its own operation, which the compiler cannot follow through a union. */
export function operationOf(command: Command): Operation<Command> {
  const found = (operations as unknown as Record<string, Operation<Command> | undefined>)[command.type]
  if (found === undefined) throw new Fault('internal-error', {}, { internal: `no operation ${command.type}` })
  return found
}

/**
 * Who asks, if it is still in order to ask.
 * @throws Fault what requireCaller refuses with; not-found for an admin's instance that is not there
 */
export function actorOf({ command, now }: Input, view: View): Actor {
  if ('apiKeyId' in command) {
    const { instanceId } = command
    const apiKey = view.apiKey(instanceId, command.apiKeyId)
    const integrationUser = apiKey && view.user(instanceId, apiKey.integrationUserId)
    const { _id: id, label: name } = requireCaller(
      { apiKey, integrationUser, instance: view.instance(instanceId) },
      now,
    )
    return { type: 'idp', id, name }
  }
  if ('parameters' in command) {
    const { instanceId } = command
    if (instanceId !== null && (view.instance(instanceId)?.state ?? 'deleting') === 'deleting') {
      throw new Fault('not-found', { type: 'instance' })
    }
    return command.actor
  }
  switch (command.type) {
    case 'ChangeNativeUser':
    case 'ReleaseHeld':
    case 'RearmGuard':
      return command.actor
    case 'ProposeFields':
      return { type: 'system', id: 'mapping-set', name: `Mapping set ${command.mappingSetVersion}` }
    case 'ProposeLinks':
      return { type: 'rule', id: 'workflow-rules', name: `Workflow rules ${command.rulesVersion}` }
    default:
      return { type: 'system', id: 'identity-service', name: 'identity-service' }
  }
}

function journalAnnouncement(announcement: Announcement, id: string, n: number): JournalAnnouncement {
  if (announcement.kind === 'state') {
    const { topic, key, type, value } = announcement
    return { topic: topic.name, key, type, value }
  }
  const { fact } = announcement
  return {
    topic: topics.identityFacts.name,
    key: entityKey(fact.instanceId, fact.entityId),
    type: fact.type,
    value: { id: factId(id, n), ...fact },
  }
}
