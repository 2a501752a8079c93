import type { RequestAnswered } from '@user-provisioning/contracts/ingress-facts'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { update } from '@user-provisioning/mongo/write'

/** A request whose token did not say an instance that could be trusted: kept for operators, shown under no instance. */
interface UnattributedRequest {
  readonly _id: string
  readonly at: Date
  readonly request: Omit<RequestAnswered, 'type' | 'id' | 'at' | 'instanceId'>
  /** How many like it were not kept since the last that was, because they came too fast. */
  readonly omitted: number
}

const keptDays = 30

/** How many a second are kept by one replica. */
export const unattributedPerSecond = 10

export const unattributedRequests = defineCollection<UnattributedRequest>({
  name: 'unattributedRequests',
  scope: 'global',
  schema: { at: { type: Date, required: true }, request: Object, omitted: Number },
  indexes: [{ keys: { at: 1 }, options: { expireAfterSeconds: keptDays * 86_400 } }],
})

/** Keeps one such request, once however often it comes. */
export async function keepUnattributed(mongo: Mongo, fact: RequestAnswered, omitted: number): Promise<void> {
  const { type: _type, id, at, instanceId: _none, ...request } = fact
  const change = { $setOnInsert: { at: new Date(at), request, omitted } }
  await mongo.apply([update(unattributedRequests, null, { _id: id }, change, { upsert: true, expect: 'any' })])
}
