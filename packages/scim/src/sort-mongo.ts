import { compareTexts } from './filter-match.ts'
import type { MongoQuery } from './filter-mongo.ts'
import { isJsonObject, type JsonObject } from './json.ts'
import { type AttributePath, findAttribute, type ResourceType, resolveAttribute } from './schema.ts'

/** Where a resource stands in a list: what a walk by cursor goes on from, whatever was created or deleted meanwhile. */
export interface ListPosition {
  readonly id: string
  /** What the list is sorted by, a date and time as RFC 3339; null: this resource has none. Left out where `id` orders alone. */
  readonly value?: string | number | boolean | null | undefined
}

export type SortOrder = 'ascending' | 'descending'

/** The order of a list as MongoDB makes it, on documents as `toMongoQuery` has them. */
export interface MongoOrder {
  /** What of a document `positionOf` needs: stored paths, or `sortedBy` and the expression that makes it. */
  readonly projection: MongoQuery
  /** Whether `sort` and `after` are about what the projection makes; else about what is stored, so that an index can serve. */
  readonly isMade: boolean
  readonly sort: Readonly<Record<string, 1 | -1>>
  /** Everything behind a position. */
  readonly after: (position: ListPosition) => MongoQuery
  /** Where a document stands that has what the projection leaves. */
  readonly positionOf: (doc: StoredResource) => ListPosition
  /** Orders positions as `sort` orders documents, for lists of several collections. */
  readonly compare: (one: ListPosition, other: ListPosition) => number
}

export interface StoredResource {
  readonly _id: string
  readonly search?: JsonObject
  readonly meta?: { readonly created: Date; readonly lastModified: Date }
  readonly sortedBy?: { readonly lacks: 0 | 1; readonly value: string | number | boolean | null }
}

/**
 * The attribute that `sortBy` names, of which each resource has one value at most (RFC 7644 section 3.4.2.3): a complex one
 * stands for its `value`. Undefined: the type has none of that name, or resources cannot be ordered by it.
 */
export function sortableAttribute(text: string, type: ResourceType): AttributePath | undefined {
  const path = resolveAttribute(text, type)
  if (path === undefined || !path.declared) return undefined
  const { attribute } = path
  const subAttribute =
    path.subAttribute ?? (attribute.type === 'complex' ? findAttribute(attribute.subAttributes, 'value') : null)
  if (subAttribute === undefined) return undefined
  const chosen: AttributePath = { ...path, subAttribute }
  if (isId(chosen) || isTime(chosen)) return chosen
  const isStored = [attribute, subAttribute].every((part) => part?.mutability !== 'readOnly') && !attribute.apart
  return isStored && attribute.returned !== 'never' ? chosen : undefined
}

/**
 * The order by an attribute, or by id where there is none. Texts that are not case exact are ordered folded; of several values
 * the primary or else the first counts; resources without a value come last, or first in descending order (RFC 7644 section
 * 3.4.2.3). The id breaks ties.
 * @param sortBy what `sortableAttribute` gave; null: by id; undefined: by an attribute that this type lacks
 * @param escapeKey how the store writes a member name that has `.` or a leading `$`
 */
export function mongoOrder(
  sortBy: AttributePath | null | undefined,
  sortOrder: SortOrder,
  escapeKey: (name: string) => string,
): MongoOrder {
  const direction = sortOrder === 'descending' ? -1 : 1
  const compare = (one: ListPosition, other: ListPosition) => direction * comparePositions(one, other)
  const beyond = direction === 1 ? '$gt' : '$lt'
  const upTo = direction === 1 ? '$gte' : '$lte'
  if (sortBy === null || (sortBy !== undefined && isId(sortBy))) {
    return {
      projection: { _id: 1 },
      isMade: false,
      sort: { _id: direction },
      after: ({ id }) => ({ _id: { [beyond]: id } }),
      positionOf: ({ _id }) => ({ id: _id }),
      compare,
    }
  }
  /** What lies behind a value; of the same value, behind an id. The first clause bounds the scan of an index. */
  const behind = (path: string, value: unknown, id: string): MongoQuery => ({
    $and: [{ [path]: { [upTo]: value } }, { $or: [{ [path]: { [beyond]: value } }, { _id: { [beyond]: id } }] }],
  })
  const stored = sortBy && storedByAll(sortBy)
  if (stored === undefined) {
    return {
      projection: { sortedBy: madeKey(sortBy, escapeKey) },
      isMade: true,
      sort: { sortedBy: direction, _id: direction },
      after: ({ id, value = null }) => behind('sortedBy', { lacks: value === null ? 1 : 0, value }, id),
      positionOf: ({ _id: id, sortedBy }) => ({ id, value: sortedBy?.value ?? null }),
      compare,
    }
  }
  return {
    projection: { [stored.path]: 1 },
    isMade: false,
    sort: stored.isUnique ? { [stored.path]: direction } : { [stored.path]: direction, _id: direction },
    after({ id, value = null }) {
      // One of another type, which lacks the attribute: last in ascending order, first in descending.
      if (value === null) return direction === 1 ? { _id: { $in: [] } } : {}
      return behind(stored.path, stored.isTime ? new Date(String(value)) : value, id)
    },
    positionOf: (doc) => ({ id: doc._id, value: stored.valueOf(doc) }),
    compare,
  }
}

interface Stored {
  readonly path: string
  /** No two resources of an instance have the same: nothing need break ties, and an index on it alone can serve. */
  readonly isUnique: boolean
  readonly isTime: boolean
  readonly valueOf: (doc: StoredResource) => string | null
}

/** Where every document has the value as it is, under one path. */
function storedByAll(path: AttributePath): Stored | undefined {
  const { attribute, subAttribute } = path
  const name = subAttribute?.name
  if (attribute.name === 'meta' && (name === 'created' || name === 'lastModified')) {
    return {
      path: `meta.${name}`,
      isUnique: false,
      isTime: true,
      valueOf: ({ meta }) => meta?.[name].toISOString() ?? null,
    }
  }
  if (path.schema !== null || !attribute.required || attribute.multiValued || subAttribute !== null) return undefined
  return {
    path: `search.${attribute.name}`,
    isUnique: attribute.uniqueness !== 'none',
    isTime: false,
    valueOf: ({ search }) => (isJsonObject(search) ? String(search[attribute.name] ?? '') : null),
  }
}

/** `{lacks, value}`, which sorts as one: first whether there is a value, then by it. */
function madeKey(path: AttributePath | undefined, escapeKey: (name: string) => string): MongoQuery {
  const value = { $ifNull: [path === undefined ? null : valueExpression(path, escapeKey), null] }
  return { lacks: { $cond: [{ $eq: [value, null] }, 1, 0] }, value }
}

function valueExpression({ schema, attribute, subAttribute }: AttributePath, escapeKey: (name: string) => string) {
  const sub = subAttribute === null ? '' : `.${escapeKey(subAttribute.name)}`
  const names = [schema, attribute.name].filter((name) => name !== null)
  const field = `$${['search', ...names.map(escapeKey)].join('.')}`
  if (!attribute.multiValued) return `${field}${sub}`
  const values = { $cond: [{ $isArray: field }, field, []] }
  const primary = { $filter: { input: values, as: 'item', cond: { $eq: ['$$item.primary', true] } } }
  return { $let: { vars: { chosen: { $first: { $concatArrays: [primary, values] } } }, in: `$$chosen${sub}` } }
}

const isId = ({ schema, attribute }: AttributePath): boolean => schema === null && attribute.name === 'id'

const isTime = ({ schema, attribute, subAttribute }: AttributePath): boolean =>
  schema === null &&
  attribute.name === 'meta' &&
  (subAttribute?.name === 'created' || subAttribute?.name === 'lastModified')

/** In ascending order, as MongoDB has it. */
function comparePositions(one: ListPosition, other: ListPosition): number {
  const [left, right] = [one.value ?? null, other.value ?? null]
  if (left === right) return compareTexts(one.id, other.id)
  if (left === null) return 1
  if (right === null) return -1
  if (typeof left === 'string' && typeof right === 'string') return compareTexts(left, right)
  return Number(left) - Number(right)
}
