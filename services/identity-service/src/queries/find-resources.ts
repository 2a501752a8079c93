import { Fault } from '@user-provisioning/contracts/errors'
import type { CollectionReads, ReadOptions } from '@user-provisioning/mongo/collection-reads'
import { escapePath } from '@user-provisioning/mongo/key-escaping'
import { isTimeLimitExceeded } from '@user-provisioning/mongo/store-errors'
import type { Query } from '@user-provisioning/mongo/write'
import { type ResourceType, resolveAttribute } from '@user-provisioning/scim/schema'
import { queryTimeLimitMs } from './query.ts'

/** What a page of a SCIM list is asked for by. */
export interface ListRequest {
  /** 1-based. */
  readonly startIndex: number
  readonly count: number
  readonly sortBy: string | null
  readonly sortOrder: 'ascending' | 'descending'
}

/**
 * One page of the resources that match, and how many match in all (RFC 7644 section 3.4.2).
 * @throws Fault filter-too-costly past the time limit
 */
export async function findResources<Doc extends { _id: string }>(
  collection: CollectionReads<Doc>,
  query: Query,
  list: ListRequest,
  type: ResourceType,
): Promise<{ total: number; found: Doc[] }> {
  const filter = { $and: [{ visible: true }, query] }
  try {
    const [total, found] = await Promise.all([
      collection.count(filter, { maxTimeMs: queryTimeLimitMs }),
      list.count === 0
        ? []
        : collection.find(filter, {
            sort: sortOf(list, type),
            skip: list.startIndex - 1,
            limit: list.count,
            maxTimeMs: queryTimeLimitMs,
          }),
    ])
    return { total, found }
  } catch (err) {
    throw tooCostly(err, type)
  }
}

/** The page of a list that has one resource at most, found by its name. */
export function pageOfOne<Doc>(doc: Doc | undefined, list: ListRequest): { total: number; found: Doc[] } {
  if (doc === undefined) return { total: 0, found: [] }
  return { total: 1, found: list.startIndex === 1 && list.count > 0 ? [doc] : [] }
}

/** What a read that took too long is to the client; any other error stays what it is. */
export function tooCostly(err: unknown, type: ResourceType): unknown {
  if (!isTimeLimitExceeded(err)) return err
  const attributes = type.name === 'User' ? 'userName, externalId, emails.value or id' : 'displayName, externalId or id'
  return new Fault('filter-too-costly', { attributes }, { cause: err })
}

function sortOf({ sortBy, sortOrder }: ListRequest, type: ResourceType): NonNullable<ReadOptions['sort']> {
  const path = sortBy === null ? undefined : sortPath(sortBy, type)
  if (path === undefined || path === '_id') return { _id: sortOrder === 'descending' && path === '_id' ? -1 : 1 }
  return { [path]: sortOrder === 'descending' ? -1 : 1, _id: 1 }
}

/** Sorted is what is searched: texts that are not case exact in folded form. */
function sortPath(sortBy: string, type: ResourceType): string | undefined {
  const path = resolveAttribute(sortBy, type)
  if (path === undefined) return undefined
  const { schema, attribute, subAttribute } = path
  if (schema === null && attribute.name === 'id') return '_id'
  if (schema === null && attribute.name === 'meta') {
    return subAttribute?.name === 'lastModified' || subAttribute?.name === 'created'
      ? `meta.${subAttribute.name}`
      : undefined
  }
  const part = subAttribute ?? (attribute.subAttributes?.find(({ name }) => name === 'value') || undefined)
  return escapePath(['search', schema, attribute.name, part?.name].filter((name) => typeof name === 'string'))
}
