import { Fault } from '@user-provisioning/contracts/errors'
import { exactLookup } from '@user-provisioning/scim/exact-lookup'
import { parseFilter } from '@user-provisioning/scim/filter-parser'
import type { Projection } from '@user-provisioning/scim/projection'
import { type ResourceType, resolveAttribute } from '@user-provisioning/scim/schema'
import { projectionParameters, readProjection } from './projection.ts'
import { readParameters } from './query-parameters.ts'

/** The largest page; more is cut to it (RFC 7644 section 3.4.2.4), as ServiceProviderConfig says. */
export const maxPage = 200

export interface ListQuery {
  readonly filter: string | null
  /** 1-based. */
  readonly startIndex: number
  readonly count: number
  readonly sortBy: string | null
  readonly sortOrder: 'ascending' | 'descending'
  readonly projection: Projection
  /** The name that is looked up, where the filter is only `<matching attribute> eq <value>`: the way of a pick-up. */
  readonly lookup: string | null
}

/**
 * Reads the parameters of a list of users or groups (RFC 7644 section 3.4.2). A `startIndex` below 1 is 1, a negative
 * `count` is 0.
 * @throws Fault parameter-invalid, and what the filter's parser refuses.
 */
export function readListQuery(querystring: string, type: ResourceType, matchingAttribute: string): ListQuery {
  const parameters = readParameters(querystring, [
    'filter',
    'startIndex',
    'count',
    'sortBy',
    'sortOrder',
    ...projectionParameters,
  ])
  const filter = parameters.filter?.trim() ? parameters.filter : null
  const parsed = filter === null ? null : parseFilter(filter, type)
  return {
    filter,
    startIndex: Math.max(1, readInteger('startIndex', parameters.startIndex) ?? 1),
    count: Math.min(maxPage, Math.max(0, readInteger('count', parameters.count) ?? maxPage)),
    sortBy: readSortBy(parameters.sortBy, type),
    sortOrder: parameters.sortOrder?.toLowerCase() === 'descending' ? 'descending' : 'ascending',
    projection: readProjection(parameters),
    lookup: parsed && (exactLookup(parsed, matchingAttribute, type) ?? null),
  }
}

function readInteger(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  if (!/^[+-]?\d{1,15}$/.test(text)) throw new Fault('parameter-invalid', { name, why: 'it is not a whole number' })
  return Number(text)
}

function readSortBy(text: string | undefined, type: ResourceType): string | null {
  if (!text) return null
  if (!resolveAttribute(text, type)) {
    throw new Fault('parameter-invalid', { name: 'sortBy', why: `${type.name} has no attribute ${text}` })
  }
  return text
}
