import type { CursorSigner } from '@user-provisioning/auth/cursor'
import { Fault } from '@user-provisioning/contracts/errors'
import { type FilterOfType, parseFilterAcross } from '@user-provisioning/scim/filter-across-types'
import { printFilter } from '@user-provisioning/scim/filter-print'
import type { Projection } from '@user-provisioning/scim/projection'
import type { Findings } from '@user-provisioning/scim/quirks'
import { printAttributePath, type ResourceType } from '@user-provisioning/scim/schema'
import { type SortOrder, sortableAttribute } from '@user-provisioning/scim/sort-mongo'
import { type ListIdentity, readCursor, type Walk } from './list-cursor.ts'
import type { ListParameters } from './list-parameters.ts'
import { readProjection } from './projection.ts'

/** The largest page; more is cut to it (RFC 7644 section 3.4.2.4), as ServiceProviderConfig says. */
export const maxPage = 200

/** What identity-service is asked for. */
export interface PageRequest {
  readonly filter: string | null
  /** 1-based. */
  readonly startIndex: number
  readonly count: number
  /** In the schema's spelling. */
  readonly sortBy: string | null
  readonly sortOrder: SortOrder
  /** A walk by cursor, null on its first page; undefined: by index. */
  readonly walk: Pick<Walk, 'after' | 'total'> | null | undefined
}

/** A page of a list of users, of groups or of both, as a client wants it. */
export interface ListQuery extends PageRequest {
  /** The filter for each type of the list. */
  readonly filters: readonly (FilterOfType | null)[]
  readonly projection: Projection
  /** What cursors are bound to. */
  readonly identity: ListIdentity
}

/**
 * Reads what a list is asked for with (RFC 7644 section 3.4.2, RFC 9865 section 2). A `startIndex` below 1 is 1, a negative
 * `count` is 0. Who names `cursor` is answered by cursor, whatever `startIndex` says; without `count` a walk keeps the one that
 * it began with.
 * @param findings takes note of the filter's quirks
 * @throws Fault parameter-invalid; ScimError what the filter's parser refuses, and what `readCursor` does
 */
export function readListQuery(
  parameters: ListParameters,
  list: { readonly instanceId: string; readonly endpoint: string; readonly types: readonly ResourceType[] },
  signer: CursorSigner,
  findings?: Findings,
): ListQuery {
  const { instanceId, endpoint, types } = list
  const filter = parameters.filter?.trim() ? parameters.filter : null
  const filters = filter === null ? types.map(() => null) : parseFilterAcross(filter, types, findings)
  const sortBy = readSortBy(parameters.sortBy, types)
  const sortOrder = parameters.sortOrder?.toLowerCase() === 'descending' ? 'descending' : 'ascending'
  const identity = {
    instanceId,
    endpoint,
    filter: filter && filters.map(printed).join(' | '),
    sortBy,
    sortOrder,
  } as const
  const count = readCount(parameters.count)
  const walk = readWalk(parameters.cursor, identity, count, signer)
  return {
    filter,
    filters,
    startIndex: Math.max(1, readInteger('startIndex', parameters.startIndex) ?? 1),
    count: walk?.count ?? count ?? maxPage,
    sortBy,
    sortOrder,
    walk,
    projection: readProjection(parameters),
    identity,
  }
}

/** What of it identity-service is asked for. */
export function pageOf({ filter, startIndex, count, sortBy, sortOrder, walk }: ListQuery): PageRequest {
  return { filter, startIndex, count, sortBy, sortOrder, walk: walk && { after: walk.after, total: walk.total } }
}

function printed(filter: FilterOfType | null): string {
  return typeof filter === 'object' && filter !== null ? printFilter(filter) : String(filter)
}

function readWalk(cursor: string | undefined, list: ListIdentity, count: number | undefined, signer: CursorSigner) {
  if (cursor === undefined) return undefined
  return cursor === '' ? null : readCursor(cursor, list, count, signer)
}

function readCount(text: string | undefined): number | undefined {
  const count = readInteger('count', text)
  return count && Math.min(maxPage, Math.max(0, count))
}

function readInteger(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  if (!/^[+-]?\d{1,15}$/.test(text)) throw new Fault('parameter-invalid', { name, why: 'it is not a whole number' })
  return Number(text)
}

function readSortBy(text: string | undefined, types: readonly ResourceType[]): string | null {
  if (!text) return null
  const found = types.map((type) => sortableAttribute(text, type)).find((path) => path !== undefined)
  if (found) return printAttributePath(found)
  const why = `${types.map(({ name }) => name).join(' and ')} cannot be sorted by ${text}`
  throw new Fault('parameter-invalid', { name: 'sortBy', why })
}
