import { ScimError } from './errors.ts'
import { isJsonObject, type JsonObject, type JsonValue, memberName } from './json.ts'
import { type ParsedPatch, parsePatch } from './patch.ts'
import { type ReadResource, readResource } from './resource.ts'
import { groupType, type ResourceType, userType } from './schema.ts'

/** One operation of a BulkRequest, as it was sent; it is not known yet whether it can be carried out. */
export interface BulkOperation {
  /** In capitals; null where it is no text. */
  readonly method: string | null
  readonly bulkId: string | null
  /** The bulkId that others may refer to: that of a POST, and no earlier one's. */
  readonly defines: string | null
  readonly path: string | null
  /** What the path leads to; null: neither users nor groups. */
  readonly type: ResourceType | null
  /** An id, or the reference to a bulkId; null: the path names no resource. */
  readonly target: string | null
  readonly version: JsonValue
  readonly data: JsonValue
}

export interface BulkRequest {
  /** How many operations may fail before the rest is left; 0: however many. */
  readonly failOnErrors: number
  readonly operations: readonly BulkOperation[]
}

/**
 * Reads a BulkRequest (RFC 7644 section 3.7), names in any case. What is wrong with one operation is that operation's to say.
 * @throws ScimError bulk-invalid: no list of operations, failOnErrors is no number of errors; bulk-too-large: more than
 *   `maxOperations`
 */
export function readBulkRequest(body: JsonObject, maxOperations: number): BulkRequest {
  const list = own(body, 'Operations')
  if (!Array.isArray(list)) throw wrong('Operations', 'must be a list of operations')
  if (list.length > maxOperations) throw new ScimError('bulk-too-large', { limit: `maxOperations ${maxOperations}` })
  const failOnErrors = own(body, 'failOnErrors') ?? 0
  if (typeof failOnErrors !== 'number' || !Number.isInteger(failOnErrors) || failOnErrors < 0) {
    throw wrong('failOnErrors', 'must be a number of errors')
  }
  const defined = new Set<string>()
  return { failOnErrors, operations: list.map((item) => readOperation(item, defined)) }
}

function readOperation(item: JsonValue, defined: Set<string>): BulkOperation {
  const sent = isJsonObject(item) ? item : {}
  const method = text(own(sent, 'method'))?.toUpperCase() ?? null
  const bulkId = text(own(sent, 'bulkId'))
  const path = text(own(sent, 'path'))
  const isNew = method === 'POST' && bulkId !== null && !defined.has(bulkId)
  if (isNew) defined.add(bulkId)
  return {
    method,
    bulkId,
    defines: isNew ? bulkId : null,
    path,
    ...readPath(path),
    version: own(sent, 'version'),
    data: own(sent, 'data'),
  }
}

function own(object: JsonObject, name: string): JsonValue {
  const sent = memberName(object, name)
  return sent === undefined ? null : (object[sent] ?? null)
}

function text(value: JsonValue): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null
}

/** What an operation asks for, read as the same request would be if it came by itself. */
export type BulkAction =
  | { readonly method: 'POST'; readonly type: ResourceType; readonly given: ReadResource }
  | ({ readonly method: 'PUT'; readonly given: ReadResource } & OnOne)
  | ({ readonly method: 'PATCH'; readonly given: ParsedPatch } & OnOne)
  | ({ readonly method: 'DELETE' } & OnOne)

interface OnOne {
  readonly type: ResourceType
  /** An id, or the reference to a bulkId. */
  readonly target: string
  /** The entity tag that the resource must have. */
  readonly version: string | null
}

const methods: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE'] satisfies BulkAction['method'][]

/**
 * Reads one operation: whether its method and path fit, and its data by the rules of its method.
 * @throws ScimError bulk-invalid, path-invalid, and what its data is refused with
 */
export function readBulkAction(operation: BulkOperation): BulkAction {
  const { method, bulkId, defines, path, type, target, version, data } = operation
  if (!isBulkMethod(method)) throw wrong('method', `must be one of ${methods.join(', ')}`)
  if (path === null) throw wrong('path', 'is missing')
  if (type === null) throw pathInvalid(path, 'it leads to no users and no groups')
  if (method === 'POST') {
    if (target !== null) throw pathInvalid(path, 'a POST names a type of resource, not one resource')
    if (bulkId === null) throw wrong('bulkId', 'is missing: a POST needs one')
    if (defines === null) throw wrong('bulkId', `${bulkId} is that of a POST before it`)
    return { method, type, given: readResource(required(data), type, 'create') }
  }
  if (target === null) throw pathInvalid(path, `a ${method} needs the id of a resource`)
  if (version !== null && typeof version !== 'string') throw wrong('version', 'must be an entity tag')
  if (method === 'DELETE') return { method, type, target, version }
  if (method === 'PATCH') return { method, type, target, version, given: parsePatch(required(data), type) }
  return { method, type, target, version, given: readResource(required(data), type, 'replace') }
}

function wrong(attribute: string, why: string): ScimError {
  return new ScimError('bulk-invalid', { attribute, why })
}

/** Whether a method is one that a bulk knows. */
export function isBulkMethod(method: string | null): method is BulkAction['method'] {
  return method !== null && methods.includes(method)
}

function required(data: JsonValue): JsonValue {
  if (data === null) throw wrong('data', 'is missing')
  return data
}

/** Relative to the SCIM root, as the RFC has it, or a whole `location`; a query is no part of it. */
const resourcePath =
  /^(?:(?:https?:\/\/[^/?#]+)?\/(?:[^?#]*\/)?scim\/v2)?\/*([^/?#]+)(?:\/+([^/?#]+))?\/*(?:[?#].*)?$/is

function readPath(path: string | null): Pick<BulkOperation, 'type' | 'target'> {
  const [, name, id] = resourcePath.exec(path ?? '') ?? []
  const endpoint = `/${name}`.toLowerCase()
  const type = [userType, groupType].find((candidate) => candidate.endpoint.toLowerCase() === endpoint) ?? null
  try {
    return { type, target: id === undefined ? null : decodeURIComponent(id) }
  } catch {
    return { type: null, target: null }
  }
}

function pathInvalid(path: string, why: string): ScimError {
  return new ScimError('path-invalid', { path, position: 1, why })
}
