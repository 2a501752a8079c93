import type { IngressFact, RequestAnswered } from '@user-provisioning/contracts/ingress-facts'
import type { Received } from '@user-provisioning/messaging/consumer'
import type { EntryWriter } from '../entries/entry-store.ts'
import type { Sampler } from '../entries/sampler.ts'
import { noteUnattributed } from '../telemetry.ts'
import { entryOfRequest } from './log-entry.ts'

/**
 * Remembers what an IdP asked and what it was answered. A request that no instance could be told of is kept apart, and of
 * a flood of those only so many a second: anybody can send them.
 */
export function onRequestAnswered(ctx: {
  writer: Pick<EntryWriter, 'write'>
  sampler: Sampler
  keepUnattributed: (fact: RequestAnswered, omitted: number) => Promise<void>
}) {
  return async ({ value: fact }: Received<IngressFact>): Promise<void> => {
    if (fact.instanceId !== null) {
      return ctx.writer.write([{ kind: 'log', entry: entryOfRequest(fact, fact.instanceId) }])
    }
    const sample = ctx.sampler.take()
    noteUnattributed(sample.isKept)
    if (sample.isKept) await ctx.keepUnattributed(fact, sample.omitted)
  }
}
