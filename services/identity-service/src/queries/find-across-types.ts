import type { Snapshot } from '@user-provisioning/contracts/reply'
import type { CollectionReads } from '@user-provisioning/mongo/collection-reads'
import type { Query } from '@user-provisioning/mongo/write'
import { parseFilterAcross } from '@user-provisioning/scim/filter-across-types'
import type { Filter } from '@user-provisioning/scim/filter-parser'
import { groupType, type ResourceType, userType } from '@user-provisioning/scim/schema'
import type { ListPosition } from '@user-provisioning/scim/sort-mongo'
import { groupSnapshots } from '../groups/find-groups.ts'
import { groups } from '../groups/group-document.ts'
import { userSnapshots } from '../users/find-users.ts'
import { users } from '../users/user-document.ts'
import { type ListRequest, orderOf, positionsOf, type Resource, readAt, tooCostly } from './find-resources.ts'
import { inOneOrder } from './in-one-order.ts'
import { type Answering, type QueryOf, queryTimeLimitMs } from './query.ts'
import { resourceQuery } from './resource-filter.ts'
import { whatIsSeen } from './what-is-seen.ts'

/** What matches of one type. */
interface Source {
  readonly count: () => Promise<number>
  readonly positions: (after: ListPosition | undefined, limit: number) => AsyncIterable<ListPosition>
  /** Who is at those of these places that are of this type. */
  readonly snapshots: (positions: readonly ListPosition[]) => Promise<readonly Snapshot[]>
}

/**
 * The users and groups that a filter finds, in one list (RFC 7644 section 3.4.2.1). Only their places are merged; the page's
 * resources are read when it is known which they are.
 */
export const findAcrossTypes: Answering<QueryOf<'FindResources'>> = (message, { inLane, mongo, pickUpMode }) =>
  inLane(message, async () => {
    const { instanceId, withGroups, withMembers, count, walk } = message
    const types = [userType, groupType]
    const [ofUsers = true, ofGroups = true] = message.filter === null ? [] : parseFilterAcross(message.filter, types)
    const mode = await pickUpMode(instanceId)
    const queryOf = async (filter: Filter | true, type: ResourceType) =>
      whatIsSeen(await resourceQuery(filter === true ? null : filter, type, instanceId, mongo), mode)
    const sources: Source[] = []
    if (ofUsers) {
      const query = await queryOf(ofUsers, userType)
      const present = (found: Parameters<typeof userSnapshots>[2]) =>
        userSnapshots(mongo, instanceId, found, withGroups)
      sources.push(sourceOf(mongo.bound(users, instanceId), query, message, userType, present))
    }
    if (ofGroups) {
      const query = await queryOf(ofGroups, groupType)
      const present = (found: Parameters<typeof groupSnapshots>[2]) =>
        groupSnapshots(mongo, instanceId, found, withMembers)
      sources.push(sourceOf(mongo.bound(groups, instanceId), query, message, groupType, present))
    }
    try {
      const [total, read] = await Promise.all([
        walk?.total ?? sum(await Promise.all(sources.map((source) => source.count()))),
        count === 0 ? [] : placesOf(sources, message),
      ])
      const shown = read.slice(0, count)
      const last = read.length > shown.length ? shown.at(-1) : undefined
      const found = (await Promise.all(sources.map(({ snapshots }) => snapshots(shown)))).flat()
      const byId = new Map(found.map((resource) => [resource.id, resource]))
      const resources = shown.flatMap(({ id }) => byId.get(id) ?? [])
      return { outcome: 'list', total, resources, ...(last && { next: last }) }
    } catch (err) {
      throw tooCostly(err, userType)
    }
  })

function sourceOf<Doc extends Resource>(
  collection: CollectionReads<Doc>,
  query: Query,
  list: ListRequest,
  type: ResourceType,
  present: (found: readonly Doc[]) => Promise<readonly Snapshot[]>,
): Source {
  const filter = { $and: [{ visible: true }, query] }
  const order = orderOf(list, type)
  return {
    count: () => collection.count(filter, { maxTimeMs: queryTimeLimitMs }),
    positions: (after, limit) => positionsOf(collection, filter, order, { after, skip: 0, limit }),
    snapshots: async (positions) => present([...(await readAt(collection, filter, positions)).values()]),
  }
}

/** The places of a page, and of a walk one more. */
async function placesOf(sources: readonly Source[], list: ListRequest): Promise<ListPosition[]> {
  const { walk, startIndex, count } = list
  const skip = walk === undefined ? startIndex - 1 : 0
  const limit = walk === undefined ? count : count + 1
  const lists = sources.map(({ positions }) => positions(walk?.after, skip + limit))
  const places: ListPosition[] = []
  let skipped = 0
  for await (const place of inOneOrder(lists, orderOf(list, userType).compare)) {
    if (skipped++ < skip) continue
    places.push(place)
    if (places.length === limit) break
  }
  return places
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0)
}
