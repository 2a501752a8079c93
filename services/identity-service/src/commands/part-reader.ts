import type { Actor } from '@user-provisioning/contracts/actor'
import { Fault, faultOf } from '@user-provisioning/contracts/errors'
import { refusal } from '@user-provisioning/contracts/reply'
import type { Part, Position } from '@user-provisioning/mongo/work-in-parts'
import type { Context, InParts, PartStore, Step } from './command.ts'
import { actorOf, type Input, isTooLarge, needsOf, operationOf, tooLarge, writtenOf } from './decide-command.ts'

/** What the journal keeps of a command between its transactions. */
interface Progress {
  /** Who asked, found in order when it began. */
  readonly actor: Actor
  readonly phase: number
  /** Where the phase goes on. */
  readonly after: string
  readonly hasChanged: boolean
}

/** Reads and decides one transaction after the other of a command that is too large for one. */
export function partReader(store: PartStore) {
  return async function readPart(input: Input, { progress, facts, tries }: Position): Promise<Part> {
    const { command } = input
    const { inParts } = operationOf(command)
    if (inParts === undefined) throw new Fault('internal-error', {}, { internal: `${command.type} has no parts` })
    const seeAll = () => store.read((want) => needsOf(input, want))
    const asPart = (step: Step, next: Progress): Part => ({ ...writtenOf(step, input, facts), progress: next })

    if (progress === undefined) {
      const view = await seeAll()
      try {
        const actor = actorOf(input, view)
        const step = inParts.begin(command, view, { ...input, actor })
        if ('reply' in step) return { writes: [], announcements: [], reply: step.reply }
        if (step.announcements.some(isTooLarge)) throw tooLarge()
        return { ...asPart(step, { actor, phase: 0, after: '', hasChanged: false }), early: step.early }
      } catch (err) {
        const fault = faultOf(err)
        if (fault === undefined) throw err
        return { writes: [], announcements: [], reply: refusal(fault) }
      }
    }

    const { actor, phase: n, after, hasChanged } = progress as Progress
    const ctx: Context = { ...input, actor }
    const phase = (inParts as InParts<typeof command>).phases(command)[n]
    if (phase === undefined) {
      const outcome = inParts.end(command, await seeAll(), ctx, hasChanged)
      return { ...writtenOf(outcome, input, facts), reply: outcome.reply }
    }
    const { next, ...step } = await phase(after, store, ctx, 2 ** -tries)
    return asPart(step, {
      actor,
      phase: next === undefined ? n + 1 : n,
      after: next ?? '',
      hasChanged: hasChanged || step.effects.length > 0,
    })
  }
}
