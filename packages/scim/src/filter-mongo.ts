import { ScimError } from './errors.ts'
import type { CompareOperator, Filter } from './filter-parser.ts'
import { fold } from './fold.ts'
import { type Instant, instantOf } from './instant.ts'
import {
  type AttributeDeclaration,
  type AttributePath,
  printAttributePath,
  type ResourceType,
  resolveSchema,
} from './schema.ts'

export interface MongoQuery {
  [key: string]: unknown
}

/** A condition on what is not stored in the resource's own document: a user's groups, a group's members. */
export interface Reference extends Ids {
  readonly attribute: 'groups' | 'members'
}

/** One that is referred to has one of these ids, or (`isIn: false`) any other id. */
interface Ids {
  readonly isIn: boolean
  readonly ids: ReadonlySet<string>
}

export interface MongoOptions {
  readonly type: ResourceType
  /** How the store writes a member name that has `.` or a leading `$`. */
  readonly escapeKey: (name: string) => string
  /** The query for a condition on groups or members. Where finding out takes I/O: compile once to collect them, then again with the answers. */
  readonly resolveReference: (reference: Reference) => MongoQuery
}

export interface CompiledFilter {
  readonly query: MongoQuery
  /** True: something in it (`co`, `ew`) is answered by no index. */
  readonly costly: boolean
}

const everything: MongoQuery = {}
const nothing: MongoQuery = { _id: { $in: [] } }

/**
 * Compiles a filter to a query on documents `{_id, scim, search, meta: {created, lastModified}}`, where `scim` is the stored
 * resource and `search` its search tree. Pure data: no expression, and no pattern but one made of an escaped literal.
 * @throws ScimError filter-invalid for what cannot be asked of the store, such as `meta.location`.
 */
export function toMongoQuery(filter: Filter, options: MongoOptions): CompiledFilter {
  let costly = false

  function compile(item: Filter): MongoQuery {
    switch (item.kind) {
      case 'and':
        return { $and: item.filters.map(compile) }
      case 'or':
        return { $or: item.filters.map(compile) }
      case 'not':
        return { $nor: [compile(item.filter)] }
      case 'present':
        return present(item.path)
      case 'compare':
        return compare(item.path, item.operator, item.value)
      case 'valuePath': {
        if (isReference(item.path)) return reference(item.path, item.filter)
        return { [field('search', item.path)]: { $elemMatch: compileValue(item.filter) } }
      }
    }
  }

  /** Inside one value of a multi-valued attribute, all on the search tree: it has the case-exact values as they are. */
  function compileValue(item: Filter): MongoQuery {
    switch (item.kind) {
      case 'and':
        return { $and: item.filters.map(compileValue) }
      case 'or':
        return { $or: item.filters.map(compileValue) }
      case 'not':
        return { $nor: [compileValue(item.filter)] }
      case 'present':
        return item.path.declared
          ? { [options.escapeKey(item.path.attribute.name)]: isThere }
          : isThereOrOneIs(options.escapeKey(item.path.attribute.name))
      case 'compare':
        return {
          [options.escapeKey(item.path.attribute.name)]: condition(item.operator, item.value, item.path.attribute),
        }
      case 'valuePath':
        return unanswerable(item.path)
    }
  }

  function field(tree: 'scim' | 'search', path: AttributePath): string {
    const names = [path.schema, path.attribute.name, path.subAttribute?.name]
    return [tree, ...names.filter((name) => name !== null && name !== undefined).map(options.escapeKey)].join('.')
  }

  function condition(
    operator: CompareOperator,
    value: string | number | boolean,
    leaf: AttributeDeclaration,
  ): MongoQuery {
    const operand = typeof value === 'string' && !leaf.caseExact ? fold(value) : value
    const text = String(operand)
    switch (operator) {
      case 'sw':
        return { $regex: `^${escapePattern(text)}` }
      case 'co':
        costly = true
        return { $regex: escapePattern(text) }
      case 'ew':
        costly = true
        // Not `$`, which also stands before a last line break.
        return { $regex: `${escapePattern(text)}(?![\\s\\S])` }
      default:
        return { [mongoOperator(operator)]: operand }
    }
  }

  function compare(path: AttributePath, operator: CompareOperator, value: string | number | boolean): MongoQuery {
    if (isReference(path)) {
      return reference(path, { kind: 'compare', path: ofValue(path), operator, value })
    }
    if (path.schema === null && isMeta(path.attribute)) return meta(path, operator, String(value))
    const leaf = path.subAttribute ?? path.attribute
    if (path.schema === null && path.attribute.name === 'schemas') return ofSchema(path, operator, String(value))
    if (path.schema === null && path.attribute.name === 'id') return { _id: condition(operator, value, leaf) }
    const tree = typeof value === 'string' && !leaf.caseExact ? 'search' : 'scim'
    if (path.declared && path.attribute.multiValued && path.subAttribute !== null) {
      const inner = { [options.escapeKey(path.subAttribute.name)]: condition(operator, value, leaf) }
      return { [field(tree, { ...path, subAttribute: null })]: { $elemMatch: inner } }
    }
    return { [field(tree, path)]: condition(operator, value, leaf) }
  }

  function present(path: AttributePath): MongoQuery {
    if (isReference(path)) return reference(path, { kind: 'present', path: ofValue(path) })
    if (path.schema === null && (path.attribute.name === 'id' || path.attribute.name === 'schemas')) return everything
    if (path.schema === null && isMeta(path.attribute)) return everything
    if (path.declared && path.attribute.multiValued && path.subAttribute !== null) {
      const inner = { [options.escapeKey(path.subAttribute.name)]: isThere }
      return { [field('scim', { ...path, subAttribute: null })]: { $elemMatch: inner } }
    }
    if (path.declared) return { [field('scim', path)]: isThere }
    if (path.subAttribute === null) return isThereOrOneIs(field('scim', path))
    const holder = field('scim', { ...path, subAttribute: null })
    return {
      $or: [
        { [holder]: { $not: { $type: 'array' } }, ...isThereOrOneIs(field('scim', path)) },
        { [holder]: { $elemMatch: isThereOrOneIs(options.escapeKey(path.subAttribute.name)) } },
      ],
    }
  }

  function meta(path: AttributePath, operator: CompareOperator, value: string): MongoQuery {
    const name = path.subAttribute?.name
    if (name === 'created' || name === 'lastModified') {
      const instant = instantOf(value)
      if (instant === undefined) return nothing
      return ofDate(`meta.${name}`, operator, instant)
    }
    if (name === 'resourceType' && (operator === 'eq' || operator === 'ne')) {
      return (value === options.type.name) === (operator === 'eq') ? everything : nothing
    }
    return unanswerable(path)
  }

  function ofSchema(path: AttributePath, operator: CompareOperator, value: string): MongoQuery {
    if (operator !== 'eq') return unanswerable(path)
    const schema = resolveSchema(value, options.type)
    if (schema === undefined) return nothing
    if ('core' in schema) return everything
    return { [`scim.${options.escapeKey(schema.extension)}`]: { $exists: true } }
  }

  function reference(path: AttributePath, inner: Filter): MongoQuery {
    const attribute = path.attribute.name as Reference['attribute']
    return options.resolveReference({ attribute, ...idsIn(inner, attribute) })
  }

  const query = compile(filter)
  return { query, costly }
}

/** The store keeps whole milliseconds: what is after 12.3 of them is after 12. */
function ofDate(field: string, operator: CompareOperator, { ms, rest }: Instant): MongoQuery {
  const date = new Date(ms)
  if (rest === '') return { [field]: { [mongoOperator(operator)]: date } }
  if (operator === 'eq') return nothing
  if (operator === 'ne') return everything
  return { [field]: { [operator === 'gt' || operator === 'ge' ? '$gt' : '$lte']: date } }
}

const isThere = { $nin: [null, '', [], {}] }

/** What no schema declares may be a list: then one of its values is enough. */
function isThereOrOneIs(field: string): MongoQuery {
  return { $or: [{ [field]: isThere }, { [field]: { $elemMatch: isThere } }] }
}

function mongoOperator(operator: CompareOperator): string {
  if (operator === 'ge') return '$gte'
  return operator === 'le' ? '$lte' : `$${operator}`
}

const isMeta = (attribute: AttributeDeclaration): boolean => attribute.name === 'meta'

function isReference(path: AttributePath): boolean {
  return (
    path.declared && path.schema === null && (path.attribute.name === 'groups' || path.attribute.name === 'members')
  )
}

/** Which ids meet a filter on one reference. */
function idsIn(filter: Filter, attribute: string): Ids {
  switch (filter.kind) {
    case 'and':
      return filter.filters.map((item) => idsIn(item, attribute)).reduce(inBoth)
    case 'or':
      return inverse(filter.filters.map((item) => inverse(idsIn(item, attribute))).reduce(inBoth))
    case 'not':
      return inverse(idsIn(filter.filter, attribute))
    case 'present':
      if (filter.path.attribute.name === 'value') return { isIn: false, ids: new Set() }
      break
    case 'compare':
      if (filter.path.attribute.name === 'value' && (filter.operator === 'eq' || filter.operator === 'ne')) {
        return { isIn: filter.operator === 'eq', ids: new Set([String(filter.value)]) }
      }
  }
  throw new ScimError('filter-invalid', {
    position: 1,
    why: `${attribute} can only be asked for by value, with eq, ne and pr`,
  })
}

const inverse = ({ isIn, ids }: Ids): Ids => ({ isIn: !isIn, ids })

function inBoth(one: Ids, two: Ids): Ids {
  if (!one.isIn && !two.isIn) return { isIn: false, ids: one.ids.union(two.ids) }
  if (one.isIn && two.isIn) return { isIn: true, ids: one.ids.intersection(two.ids) }
  return one.isIn ? { isIn: true, ids: one.ids.difference(two.ids) } : inBoth(two, one)
}

/** `members.value` as it is called inside `members[…]`. */
function ofValue(path: AttributePath): AttributePath {
  return {
    schema: null,
    attribute: path.subAttribute ?? { ...path.attribute, name: 'value' },
    subAttribute: null,
    declared: true,
  }
}

function unanswerable(path: AttributePath): never {
  throw new ScimError('filter-invalid', {
    position: 1,
    why: `${printAttributePath(path)} cannot be asked for in this way`,
  })
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&').replaceAll('\0', '\\x00')
}
