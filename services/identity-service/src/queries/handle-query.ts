import type { IdentityQuery } from '@user-provisioning/contracts/identity-requests'
import type { Answer } from '@user-provisioning/messaging/answering'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { fairLanes } from '@user-provisioning/runtime/fair-lanes'
import { callerCheck } from '../callers/caller-check.ts'
import type { MappingSetsKnown } from '../commands/view.ts'
import { queries } from '../queries.ts'
import type { Answering, Query } from './query.ts'
import { type InLane, pointReads, type Reading, TooLate } from './reading.ts'

/** Filters and lists of members in work at once, and of one instance: a slow filter of one is nobody else's wait. */
const limits = { total: 32, perLane: 8 } as const

/** How every query is answered. Who asks is checked against what is stored now, every time. */
export function answerQueries(
  mongo: Mongo,
  mappingSets: MappingSetsKnown,
): Readonly<Record<string, Answer<IdentityQuery>>> {
  const lanes = fairLanes(limits)
  const checkCaller = callerCheck(mongo)
  const reading: Reading = {
    ...pointReads(mongo),
    mappingSets,
    inLane: (query, work) =>
      lanes.run(query.instanceId ?? 'none', () => {
        refuseLate(query)
        return work()
      }),
  }

  const answersOf = (answering: Answering<Query>): Answer<IdentityQuery> =>
    async function answer(message) {
      const query = message as Query
      if (!('apiKeyId' in query)) return answering(query, reading)
      const [reply] = await Promise.all([answering(query, reading), checkCaller(query)])
      return reply
    }
  return Object.fromEntries(
    Object.entries(queries).map(([type, answering]) => [type, answersOf(answering as Answering<Query>)]),
  )
}

function refuseLate({ deadlineAt }: InLane): void {
  if (Date.parse(deadlineAt) <= Date.now()) throw new TooLate('the deadline of the query has passed')
}
