import { Schema, type SchemaDefinition } from 'mongoose'

/** `instance`: every document belongs to one, every access names it. `global`: claims and state that span instances. */
export type Scope = 'instance' | 'global'

export interface IndexDefinition {
  /** Paths by `escapePath` where a name has dots. */
  readonly keys: Readonly<Record<string, 1 | -1 | 'text' | 'hashed'>>
  readonly options?: {
    readonly name?: string
    readonly unique?: boolean
    readonly sparse?: boolean
    readonly expireAfterSeconds?: number
    readonly partialFilterExpression?: Readonly<Record<string, unknown>>
  }
}

export interface CollectionDefinition<Doc extends { _id: string } = { _id: string }> {
  readonly name: string
  readonly scope: Scope
  readonly indexes: readonly IndexDefinition[]
  /** Says what is wrong with a document about to be inserted, in a sentence; undefined when nothing is. */
  readonly faultOfDocument: (doc: Readonly<Record<string, unknown>>) => string | undefined
  /** Says what is wrong with one value about to be set at a path. */
  readonly faultOfMember: (path: string, value: unknown) => string | undefined
  /** Only for the compiler: the type of a document. */
  readonly doc?: Doc
}

/**
 * Declares a collection once: its members, its indexes and whether it is bound to instances. `schema` is mongoose's, with
 * plain constructors (`String`, `Number`, `Boolean`, `Date`, `Object`, `[String]`); `_id` and, in scope `instance`,
 * `instanceId` are added. Strict: a write of a member that is not declared, or of another type, throws.
 * @throws Error at once for an index in scope `instance` that is unique and does not begin with `instanceId`
 */
export function defineCollection<Doc extends { _id: string }>(options: {
  name: string
  scope: Scope
  schema: SchemaDefinition
  indexes?: readonly IndexDefinition[]
}): CollectionDefinition<Doc> {
  const { name, scope, indexes = [] } = options
  for (const { keys, options: index } of indexes) {
    if (scope === 'instance' && index?.unique === true && Object.keys(keys)[0] !== 'instanceId') {
      throw new Error(`${name}: a unique index begins with instanceId, or instances would see each other through it`)
    }
  }
  const bound = scope === 'instance' ? { instanceId: { type: String, required: true } } : {}
  const schema = new Schema(
    { ...options.schema, ...bound, _id: { type: String, required: true } },
    { strict: 'throw', autoIndex: false, autoCreate: false, versionKey: false, minimize: false, id: false },
  )
  const types = new Map<string, string>(Object.entries(schema.paths).map(([path, type]) => [path, type.instance]))
  const required = schema.requiredPaths().map((path) => path.split('.'))
  const roots = new Set([...types.keys()].map((path) => path.split('.')[0]))
  const nested = [...types].map(([path, type]) => ({ path, names: path.split('.'), type }))

  return {
    name,
    scope,
    indexes,
    faultOfDocument(doc) {
      for (const member of Object.keys(doc)) {
        if (!roots.has(member)) return `${name}: ${member} is not declared`
      }
      for (const { path, names, type } of nested) {
        const value = valueAt(doc, names)
        if (!isOfType(value, type)) return `${name}: ${path} is not of type ${type}`
      }
      const missing = required.find((names) => isAbsent(valueAt(doc, names)))
      return missing && `${name}: ${missing.join('.')} is missing`
    },
    faultOfMember(path, value) {
      const root = path.split('.', 1)[0]
      if (!roots.has(root)) return `${name}: ${path} is not declared`
      const type = types.get(path)
      return type === undefined || isOfType(value, type) ? undefined : `${name}: ${path} is not of type ${type}`
    },
  }
}

/** Options of an index of the documents that have a text at a path; a query for a text, or for any (`$gt: ''`), can use it. */
export function ofText(path: string): NonNullable<IndexDefinition['options']> {
  return { partialFilterExpression: { [path]: { $gt: '' } } }
}

function valueAt(doc: Readonly<Record<string, unknown>>, names: readonly string[]): unknown {
  let value: unknown = doc
  for (const name of names) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

function isOfType(value: unknown, type: string): boolean {
  if (isAbsent(value)) return true
  switch (type) {
    case 'String':
      return typeof value === 'string'
    case 'Number':
      return typeof value === 'number'
    case 'Boolean':
      return typeof value === 'boolean'
    case 'Date':
      return value instanceof Date
    case 'Array':
      return Array.isArray(value)
    default:
      return true
  }
}
