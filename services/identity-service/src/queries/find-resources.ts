import { Fault } from '@user-provisioning/contracts/errors'
import type { CollectionReads, Stage } from '@user-provisioning/mongo/collection-reads'
import { escapeKey } from '@user-provisioning/mongo/key-escaping'
import { isTimeLimitExceeded } from '@user-provisioning/mongo/store-errors'
import type { Query } from '@user-provisioning/mongo/write'
import type { ResourceType } from '@user-provisioning/scim/schema'
import {
  type ListPosition,
  type MongoOrder,
  mongoOrder,
  type StoredResource,
  sortableAttribute,
} from '@user-provisioning/scim/sort-mongo'
import { queryTimeLimitMs } from './query.ts'

/** What a page of a SCIM list is asked for by. */
export interface ListRequest {
  /** 1-based. */
  readonly startIndex: number
  readonly count: number
  readonly sortBy: string | null
  readonly sortOrder: 'ascending' | 'descending'
  /** A walk by cursor; null on its first page. */
  readonly walk?: { readonly after: ListPosition; readonly total: number } | null | undefined
}

/** A page of a list, how many there are in all, and where a walk goes on if there is more. */
export interface Page<Doc> {
  readonly total: number
  readonly found: readonly Doc[]
  readonly next?: ListPosition
}

export type Resource = StoredResource & { readonly _id: string }

/**
 * The index of the order by id. A list of everybody names it: the index of all instances' ids would do as well for a page by
 * cursor, and lead through whatever other instances have behind it.
 */
const byId = { instanceId: 1, visible: 1, _id: 1 } as const

/**
 * One page of the resources that match, and how many match in all (RFC 7644 section 3.4.2): of a walk by cursor, how many did
 * when it began. A walk goes on behind the last one's place, not its number: whoever stays is met once, whatever else changes.
 * @throws Fault filter-too-costly past the time limit
 */
export async function findResources<Doc extends Resource>(
  collection: CollectionReads<Doc>,
  query: Query,
  list: ListRequest,
  type: ResourceType,
): Promise<Page<Doc>> {
  const filter = { $and: [{ visible: true }, query] }
  const order = orderOf(list, type)
  const hint = list.sortBy === null && Object.keys(query).length === 0 ? { hint: byId } : {}
  try {
    const [total, read] = await Promise.all([
      list.walk?.total ?? collection.count(filter, { maxTimeMs: queryTimeLimitMs }),
      list.count === 0 ? [] : readInOrder(collection, filter, order, { ...spanOf(list), ...hint }),
    ])
    const shown = read.slice(0, list.count)
    const last = read.length > shown.length ? shown.at(-1) : undefined
    const found = shown.flatMap(({ doc }) => doc ?? [])
    return { total, found, ...(last && { next: last.position }) }
  } catch (err) {
    throw tooCostly(err, type)
  }
}

/** The page of a list that has one resource at most, found by its name. */
export function pageOfOne<Doc>(doc: Doc | undefined, list: ListRequest): Page<Doc> {
  if (doc === undefined) return { total: 0, found: [] }
  const isFirst = list.walk === undefined ? list.startIndex === 1 : list.walk === null
  return { total: 1, found: isFirst && list.count > 0 ? [doc] : [] }
}

/** What a read that took too long is to the client; any other error stays what it is. */
export function tooCostly(err: unknown, type: ResourceType): unknown {
  if (!isTimeLimitExceeded(err)) return err
  const attributes = type.name === 'User' ? 'userName, externalId, emails.value or id' : 'displayName, externalId or id'
  return new Fault('filter-too-costly', { attributes }, { cause: err })
}

/** The order that a list asks for. */
export function orderOf({ sortBy, sortOrder }: ListRequest, type: ResourceType): MongoOrder {
  return mongoOrder(sortBy === null ? null : sortableAttribute(sortBy, type), sortOrder, escapeKey)
}

/** What of an order is read. */
export interface Span {
  readonly after: ListPosition | undefined
  readonly skip: number
  readonly limit: number
  readonly hint?: typeof byId
}

/** One more than a page of a walk shows, to know whether there is more. */
function spanOf({ startIndex, count, walk }: ListRequest): Span {
  return walk === undefined
    ? { after: undefined, skip: startIndex - 1, limit: count }
    : { after: walk?.after, skip: 0, limit: count + 1 }
}

/** A place in the order, and who is there; undefined: gone since. */
interface Placed<Doc> {
  readonly position: ListPosition
  readonly doc: Doc | undefined
}

async function readInOrder<Doc extends Resource>(
  collection: CollectionReads<Doc>,
  filter: Query,
  order: MongoOrder,
  span: Span,
): Promise<Placed<Doc>[]> {
  if (!order.isMade) {
    const { after, ...part } = span
    const options = { ...part, sort: order.sort, maxTimeMs: queryTimeLimitMs }
    const found = await collection.find(after ? { $and: [filter, order.after(after)] } : filter, options)
    return found.map((doc) => ({ position: order.positionOf(doc), doc }))
  }
  const positions = await Array.fromAsync(positionsOf(collection, filter, order, span))
  const docs = await readAt(collection, filter, positions)
  return positions.map((position) => ({ position, doc: docs.get(position.id) }))
}

/** Who is at these places, by id, and still matches. */
export async function readAt<Doc extends Resource>(
  collection: CollectionReads<Doc>,
  filter: Query,
  positions: readonly ListPosition[],
): Promise<Map<string, Doc>> {
  const ids = positions.map(({ id }) => id)
  if (ids.length === 0) return new Map()
  const found = await collection.find({ $and: [filter, { _id: { $in: ids } }] }, { maxTimeMs: queryTimeLimitMs })
  return new Map(found.map((doc) => [doc._id, doc]))
}

/** The places of what matches, in order: small beside the documents. */
export async function* positionsOf<Doc extends Resource>(
  collection: CollectionReads<Doc>,
  filter: Query,
  order: MongoOrder,
  { after, skip, limit }: Span,
): AsyncIterable<ListPosition> {
  const make: Stage = { $project: order.projection }
  const stages: Stage[] = [
    ...(order.isMade ? [make] : []),
    ...(after ? [{ $match: order.after(after) }] : []),
    { $sort: order.sort },
    ...(skip > 0 ? [{ $skip: skip }] : []),
    { $limit: limit },
    ...(order.isMade ? [] : [make]),
  ]
  const found = collection.aggregate<StoredResource>(filter, stages, { maxTimeMs: queryTimeLimitMs })
  for await (const doc of found) yield order.positionOf(doc)
}
