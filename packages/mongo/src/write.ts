import type { CollectionDefinition } from './collection-definition.ts'
import { escapeKeys } from './key-escaping.ts'

/** A MongoDB query as plain data; paths by `escapePath` where a name has dots. */
export type Query = Readonly<Record<string, unknown>>

type Members = Readonly<Record<string, unknown>>

/** A change of a document: update operators by path. Values are escaped here, paths by the caller with `escapePath`. */
export interface Change {
  readonly $set?: Members
  readonly $setOnInsert?: Members
  readonly $unset?: Members
  readonly $inc?: Readonly<Record<string, number>>
  readonly $min?: Members
  readonly $max?: Members
  readonly $addToSet?: Readonly<Record<string, { readonly $each: readonly unknown[] }>>
  readonly $push?: Readonly<Record<string, { readonly $each: readonly unknown[]; readonly $slice?: number }>>
  /** A value or a condition, as it is stored. */
  readonly $pull?: Members
}

/** `one`: exactly one document must match, or nothing of the transaction is written. `any`: every match, none is fine. */
export type Expectation = 'one' | 'any'

/** One write as data, made by `insert`, `update` or `remove` and carried out by a transaction. */
export type Write =
  | { readonly kind: 'insert'; readonly collection: string; readonly doc: Members & { readonly _id: string } }
  | {
      readonly kind: 'update'
      readonly collection: string
      readonly filter: Query
      readonly change: Change
      readonly upsert: boolean
      readonly expect: Expectation
    }
  | { readonly kind: 'remove'; readonly collection: string; readonly filter: Query; readonly expect: Expectation }

/** A document to be inserted: `instanceId` is set by the write. */
export type NewDocument<Doc> = Omit<Doc, 'instanceId'> & { readonly instanceId?: string | null }

/**
 * A new document of one instance; null only in a collection of scope `global`.
 * @throws Error for what the definition does not declare, and for a document that names another instance
 */
export function insert<Doc extends { _id: string }>(
  definition: CollectionDefinition<Doc>,
  instanceId: string | null,
  doc: NewDocument<Doc>,
): Write {
  return { kind: 'insert', collection: definition.name, doc: documentToStore(definition, instanceId, doc) }
}

/**
 * A change of the one document that matches (`expect: 'one'`, the default) or of all that match (`any`). With `upsert`,
 * where none matches one is made of the filter's equalities and the change.
 * @throws Error for a change that touches `instanceId`, or a member that the definition does not declare
 */
export function update<Doc extends { _id: string }>(
  definition: CollectionDefinition<Doc>,
  instanceId: string | null,
  filter: Query,
  change: Change,
  options: { upsert?: boolean; expect?: Expectation } = {},
): Write {
  for (const [operator, members] of Object.entries(change) as [keyof Change, Members][]) {
    for (const [path, value] of Object.entries(members)) {
      if (path.split('.', 1)[0] === 'instanceId') throw new Error(`${definition.name}: instanceId never changes`)
      const isValue = operator === '$set' || operator === '$setOnInsert'
      const fault = definition.faultOfMember(path, isValue ? value : undefined)
      if (fault !== undefined) throw new Error(fault)
    }
  }
  const upsert = options.upsert ?? false
  if (upsert && typeof (filter._id ?? change.$setOnInsert?._id) !== 'string') {
    throw new Error(`${definition.name}: an upsert says which _id it would insert`)
  }
  return {
    kind: 'update',
    collection: definition.name,
    filter: bindQuery(definition, instanceId, filter),
    change: escapeChange(change),
    upsert,
    expect: options.expect ?? 'one',
  }
}

/** Removes the one document that matches (`expect: 'one'`, the default) or all that match (`any`). */
export function remove<Doc extends { _id: string }>(
  definition: CollectionDefinition<Doc>,
  instanceId: string | null,
  filter: Query,
  options: { expect?: Expectation } = {},
): Write {
  return {
    kind: 'remove',
    collection: definition.name,
    filter: bindQuery(definition, instanceId, filter),
    expect: options.expect ?? 'one',
  }
}

/** A document as it is stored: checked, of its instance, names escaped. */
export function documentToStore<Doc extends { _id: string }>(
  definition: CollectionDefinition<Doc>,
  instanceId: string | null,
  doc: NewDocument<Doc>,
): Members & { readonly _id: string } {
  checkScope(definition, instanceId)
  const given: Members = { ...doc }
  if (instanceId !== null && given.instanceId !== undefined && given.instanceId !== instanceId) {
    throw new Error(`${definition.name}: the document belongs to another instance`)
  }
  const whole = instanceId === null ? given : { ...given, instanceId }
  const fault = definition.faultOfDocument(whole)
  if (fault !== undefined) throw new Error(fault)
  return escapeKeys(whole) as Members & { readonly _id: string }
}

/**
 * A filter AND-ed under its instance: whatever it says of `instanceId` narrows, never widens.
 * @throws Error for an undefined value, which the driver would take for null
 */
export function bindQuery(definition: CollectionDefinition, instanceId: string | null, filter: Query): Query {
  checkScope(definition, instanceId)
  refuseUndefined(definition.name, filter)
  if (instanceId === null) return filter
  return { $and: [{ instanceId: { $eq: instanceId } }, filter] }
}

function checkScope(definition: CollectionDefinition, instanceId: string | null): void {
  if (definition.scope === 'instance' && (typeof instanceId !== 'string' || instanceId === '')) {
    throw new Error(`${definition.name} is bound to instances: name one`)
  }
}

function refuseUndefined(collection: string, query: unknown): void {
  if (typeof query !== 'object' || query === null) return
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) throw new Error(`${collection}: the filter's ${name} is undefined`)
    if (Array.isArray(value)) for (const item of value) refuseUndefined(collection, item)
    else if (typeof value === 'object') refuseUndefined(collection, value)
  }
}

function escapeChange(change: Change): Change {
  return Object.fromEntries(
    Object.entries(change)
      .filter(([, members]) => Object.keys(members).length > 0)
      .map(([operator, members]: [string, Members]) => [
        operator,
        Object.fromEntries(
          Object.entries(members)
            .filter(([, value]) => value !== undefined)
            .map(([path, value]) => [path, escapeOperand(operator, value)]),
        ),
      ]),
  )
}

function escapeOperand(operator: string, value: unknown): unknown {
  if (operator === '$pull') return value
  if (operator !== '$addToSet' && operator !== '$push') return escapeKeys(value)
  const list = value as { readonly $each: readonly unknown[] }
  return { ...list, $each: escapeKeys(list.$each) }
}
