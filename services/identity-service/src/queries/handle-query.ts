import { Fault, faultOf } from '@user-provisioning/contracts/errors'
import type { IdentityQuery } from '@user-provisioning/contracts/identity-requests'
import { type Reply, refusal } from '@user-provisioning/contracts/reply'
import type { Received } from '@user-provisioning/messaging/consumer'
import type { Messaging } from '@user-provisioning/messaging/messaging'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { fairLanes } from '@user-provisioning/runtime/fair-lanes'
import { callerCheck } from '../callers/caller-check.ts'
import { queries } from '../queries.ts'
import { queryAnswered, requestCameLate } from '../telemetry.ts'
import type { Answering, Query } from './query.ts'

import { type InLane, pointReads, type Reading, TooLate } from './reading.ts'

/** Filters and lists of members in work at once, and of one instance: a slow filter of one is nobody else's wait. */
const limits = { total: 32, perLane: 8 } as const

/** Answers a query, unless nobody waits for it any more. Who asks is checked against what is stored now, every time. */
export function queryHandler(mongo: Mongo, messaging: Pick<Messaging, 'reply'>) {
  const lanes = fairLanes(limits)
  const checkCaller = callerCheck(mongo)
  const reading: Reading = {
    ...pointReads(mongo),
    inLane: (query, work) =>
      lanes.run(query.instanceId ?? 'none', () => {
        refuseLate(query)
        return work()
      }),
  }

  async function answer(query: Query): Promise<Reply> {
    refuseLate(query)
    const answering = (queries as unknown as Record<string, Answering<Query> | undefined>)[query.type]
    if (answering === undefined) throw new Fault('internal-error', {}, { internal: `no query ${query.type}` })
    if (!('apiKeyId' in query)) return answering(query, reading)
    const [reply] = await Promise.all([answering(query, reading), checkCaller(query)])
    return reply
  }

  return async (message: Received<IdentityQuery>): Promise<void> => {
    const query = message.value as Query
    try {
      const reply = await answer(query)
      queryAnswered(query.type, reply)
      messaging.reply(message, reply)
    } catch (err) {
      if (err instanceof TooLate) return requestCameLate(query.type)
      const fault = faultOf(err)
      if (fault === undefined) throw err
      const reply = refusal(fault)
      queryAnswered(query.type, reply)
      messaging.reply(message, reply)
    }
  }
}

function refuseLate({ deadlineAt }: InLane): void {
  if (Date.parse(deadlineAt) <= Date.now()) throw new TooLate('the deadline of the query has passed')
}
