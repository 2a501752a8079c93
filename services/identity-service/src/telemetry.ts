import type { Reply } from '@user-provisioning/contracts/reply'
import { counter } from '@user-provisioning/runtime/telemetry'

const commands = counter('identity.commands', { description: 'Commands decided, by type and outcome.' })
const queries = counter('identity.reads', { description: 'Queries answered, by type and outcome.' })
const proposals = counter('identity.proposals', { description: 'Proposals by type: applied, or dropped as outdated.' })
const late = counter('identity.late', { description: 'Requests dropped because nobody waits for the answer any more.' })

const guardTrips = counter('identity.guard_trips', { description: 'Trips of deprovision guards: alert on any.' })

/** A deprovision guard has tripped. */
export function guardTripped(instanceId: string): void {
  guardTrips.add(1, { instanceId })
}

/** A command was decided; `fault` is its code where it was refused. */
export function commandDecided(type: string, reply: Reply): void {
  commands.add(1, { type, outcome: outcomeOf(reply) })
}

export function queryAnswered(type: string, reply: Reply): void {
  queries.add(1, { type, outcome: outcomeOf(reply) })
}

/** A proposal was applied, or dropped because a newer fact is already on its way to who made it. */
export function proposalDecided(type: string, isApplied: boolean): void {
  proposals.add(1, { type, outcome: isApplied ? 'applied' : 'dropped' })
}

export function requestCameLate(type: string): void {
  late.add(1, { type })
}

function outcomeOf(reply: Reply): string {
  return reply.outcome === 'refused' ? reply.fault.code : reply.outcome
}
