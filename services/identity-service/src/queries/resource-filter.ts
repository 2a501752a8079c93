import { Fault } from '@user-provisioning/contracts/errors'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { escapeKey } from '@user-provisioning/mongo/key-escaping'
import type { Query } from '@user-provisioning/mongo/write'
import { type Reference, toMongoQuery } from '@user-provisioning/scim/filter-mongo'
import type { Filter } from '@user-provisioning/scim/filter-parser'
import { printAttributePath, type ResourceType } from '@user-provisioning/scim/schema'
import { memberships } from '../memberships/membership-document.ts'
import { tooCostly } from './find-resources.ts'
import { queryTimeLimitMs } from './query.ts'

/** More ids than this do not fit into one query. */
const mostReferred = 100_000

/**
 * A SCIM filter as a query. What it asks of a user's groups or a group's members is looked up first: it is compiled once to
 * learn what, then again with the answers. Where the filter says whose (`id eq "g" and members eq "u"`, as an IdP probes before
 * it changes a reference), only that one's memberships are looked at.
 * @throws ScimError filter-invalid; Fault filter-too-costly
 */
export async function resourceQuery(
  filter: Filter | null,
  type: ResourceType,
  instanceId: string,
  mongo: Mongo,
): Promise<Query> {
  if (filter === null) return {}
  const asked: Reference[] = []
  const compile = (answerTo: (reference: Reference) => Query) =>
    toMongoQuery(filter, { type, escapeKey, resolveReference: (reference) => ({ ...answerTo(reference) }) }).query
  const first = compile((reference) => {
    asked.push(reference)
    return {}
  })
  if (asked.length === 0) return first
  const whose = idAskedFor(filter)
  const answers = await Promise.all(asked.map((reference) => referredIds(reference, whose, type, instanceId, mongo)))
  let next = 0
  return compile(() => ({ _id: { $in: answers[next++] ?? [] } }))
}

/** The one id that whatever matches has. */
function idAskedFor(filter: Filter): string | undefined {
  const all = filter.kind === 'and' ? filter.filters : [filter]
  for (const part of all) {
    const isId = part.kind === 'compare' && part.operator === 'eq' && printAttributePath(part.path) === 'id'
    if (isId) return String(part.value)
  }
  return undefined
}

/** The users that are in such a group, or the groups that have such a member: all of them, or whether that one is. */
async function referredIds(
  { attribute, isIn, ids }: Reference,
  whose: string | undefined,
  type: ResourceType,
  instanceId: string,
  mongo: Mongo,
): Promise<string[]> {
  const [own, other] = attribute === 'groups' ? (['memberId', 'groupId'] as const) : (['groupId', 'memberId'] as const)
  const condition = !isIn && ids.size === 0 ? {} : { [other]: { [isIn ? '$in' : '$nin']: [...ids] } }
  try {
    const found = await mongo
      .bound(memberships, instanceId)
      .find(
        { ...condition, ...(whose === undefined ? {} : { [own]: whose }), pending: false },
        { projection: { [own]: 1 }, limit: mostReferred + 1, maxTimeMs: queryTimeLimitMs },
      )
    if (found.length > mostReferred) throw new Fault('filter-too-costly', { attributes: 'an id' })
    return [...new Set(found.map((membership) => membership[own]))]
  } catch (err) {
    throw tooCostly(err, type)
  }
}
