import { ScimError } from './errors.ts'
import { instantOf } from './instant.ts'
import { isJsonObject, type JsonObject, type JsonValue, memberInAnyCase } from './json.ts'
import { Findings, noteShortName, type Quirk } from './quirks.ts'
import {
  type AttributeDeclaration,
  findAttribute,
  printAttributePath,
  type ResourceType,
  resolveAttribute,
  resolveSchema,
} from './schema.ts'

export interface ReadResource {
  /** What is to be stored: names in the schema's spelling, without id, meta, schemas, groups and password. */
  readonly resource: JsonObject
  /** Attributes that were sent and that no schema has, as written. */
  readonly dropped: readonly string[]
  /** What was bent for, each once. */
  readonly quirks: readonly Quirk[]
}

/**
 * Reads the body of a POST (`create`) or PUT (`replace`). Values are kept as sent but for the coercions that clients need:
 * "True" for true, one value in an array for the value, text for a complex attribute's value. Nulls, empty texts and empty
 * lists are no values (RFC 7643 section 2.5); read-only attributes are ignored. `schemas` may say what it likes.
 * A missing `active` is true on create; on replace it stays missing, and the caller keeps what it had.
 * @throws ScimError body-not-json, value-invalid, attribute-required
 */
export function readResource(body: JsonValue, type: ResourceType, context: 'create' | 'replace'): ReadResource {
  if (!isJsonObject(body)) throw new ScimError('body-not-json', { where: 'it is not an object' })
  const resource: JsonObject = {}
  const findings = new Findings()
  let names: ReadonlySet<string> | undefined
  noteSchemas(body, findings, (uri) => {
    const owner = resolveSchema(uri, type)
    if (owner === undefined || 'core' in owner || owner.schema !== undefined) return owner !== undefined
    names ??= new Set(Object.keys(body).map((name) => name.toLowerCase()))
    return names.has(uri.toLowerCase())
  })
  readMembers(body, type, resource, findings)
  for (const declaration of type.schema.attributes) {
    if (context === 'create' && declaration.initial !== undefined && !Object.hasOwn(resource, declaration.name)) {
      resource[declaration.name] = declaration.initial
    }
  }
  requireAll(resource, type)
  return { resource, dropped: findings.dropped, quirks: findings.quirks }
}

/** Notes what is odd about a message's `schemas`, which may say what it likes (RFC 7643 section 3). */
export function noteSchemas(body: JsonObject, findings: Findings, isKnown: (uri: string) => boolean): void {
  const schemas = memberInAnyCase(body, 'schemas')
  if (!Array.isArray(schemas)) findings.bend('schemas-missing')
  else if (!schemas.every((uri) => typeof uri === 'string' && isKnown(uri))) findings.bend('unknown-schema-uri')
}

/** @throws ScimError attribute-required: the resource, or an extension that it has, lacks what its schema requires. */
export function requireAll(resource: JsonObject, type: ResourceType): void {
  for (const { name, required } of type.schema.attributes) if (required) requireValue(resource[name], name)
  for (const { id, attributes } of type.extensions) {
    const extension = resource[id]
    if (!isJsonObject(extension)) continue
    for (const { name, required } of attributes) if (required) requireValue(extension[name], `${id}:${name}`)
  }
}

/** @throws ScimError attribute-required when a required attribute has no value, or only blanks. */
export function requireValue(value: JsonValue | undefined, name: string): void {
  if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) {
    throw new ScimError('attribute-required', { attribute: name })
  }
}

function readMembers(body: JsonObject, type: ResourceType, resource: JsonObject, findings: Findings): void {
  for (const [name, value] of Object.entries(body)) {
    const owner = name.includes(':') && isJsonObject(value) ? resolveSchema(name, type) : undefined
    if (owner !== undefined && isJsonObject(value)) {
      if ('core' in owner) readMembers(value, type, resource, findings)
      else readExtension(value, owner, resource, findings)
      continue
    }
    const path = resolveAttribute(name, type)
    if (path === undefined || path.subAttribute !== null) {
      if (value !== null) findings.drop(name)
      continue
    }
    noteShortName(path, name, findings)
    const read = path.declared
      ? readAttribute(path.attribute, value, printAttributePath(path), findings)
      : keptAsSent(value)
    if (read === undefined) {
      if (path.attribute.apart) put(resource, path.attribute.name, [])
      continue
    }
    if (path.schema === null) put(resource, path.attribute.name, read)
    else put(extensionOf(resource, path.schema), path.attribute.name, read)
  }
}

type Extension = Exclude<NonNullable<ReturnType<typeof resolveSchema>>, { core: true }>

function readExtension(value: JsonObject, owner: Extension, resource: JsonObject, findings: Findings): void {
  for (const [name, item] of Object.entries(value)) {
    const declaration = findAttribute(owner.schema?.attributes, name)
    if (owner.schema !== undefined && declaration === undefined) {
      if (item !== null) findings.drop(`${owner.extension}:${name}`)
      continue
    }
    const read =
      declaration === undefined
        ? keptAsSent(item)
        : readAttribute(declaration, item, `${owner.extension}:${declaration.name}`, findings)
    if (read !== undefined && name !== '__proto__') {
      put(extensionOf(resource, owner.extension), declaration?.name ?? name, read)
    }
  }
}

function keptAsSent(value: JsonValue): JsonValue | undefined {
  return value === null ? undefined : value
}

function extensionOf(resource: JsonObject, schema: string): JsonObject {
  const existing = Object.hasOwn(resource, schema) ? resource[schema] : undefined
  if (isJsonObject(existing)) return existing
  const made: JsonObject = {}
  resource[schema] = made
  return made
}

function put(target: JsonObject, name: string, value: JsonValue): void {
  if (Object.hasOwn(target, name)) throw invalid(name, 'sent twice', 'one attribute')
  target[name] = value
}

/**
 * The value of one attribute as it is to be kept; undefined: no value.
 * @param name the attribute's path, for the error
 * @throws ScimError value-invalid
 */
export function readAttribute(
  declaration: AttributeDeclaration,
  value: JsonValue,
  name: string,
  findings: Findings,
): JsonValue | undefined {
  if (declaration.mutability === 'readOnly' || declaration.returned === 'never') return undefined
  if (isNone(value, findings)) return undefined
  if (declaration.multiValued) return readValues(declaration, value, name, findings)
  const single = unwrapped(value, findings)
  if (isNone(single, findings)) return undefined
  if (declaration.type === 'complex') return readElement(declaration, single, name, findings)
  // Some send a simple value as they send a reference: [{"$ref": null, "value": "x"}].
  const simple = Array.isArray(value) && isJsonObject(single) ? memberInAnyCase(single, 'value') : single
  if (isNone(simple, findings)) return undefined
  return readSimple(declaration, simple, name, findings)
}

/** Whether a value says that there is none: null (RFC 7643 section 2.5) or, as many clients have it, empty text. */
export function isNone(value: JsonValue | undefined, findings: Findings): value is null | undefined | '' {
  if (value === '') findings.bend('empty-string-as-none')
  return value === undefined || value === null || value === ''
}

/** What stands alone in a list, for an attribute that has one value; else the value as it is. */
export function unwrapped(value: JsonValue, findings: Findings): JsonValue | undefined {
  if (!Array.isArray(value) || value.length > 1) return value
  if (value.length === 1) findings.bend('scalar-in-array')
  return value[0]
}

/** Most values of one attribute: each operation of a PATCH may have to look at all of them. Members are not stored in the group. */
const maxValues = 1000

/** @throws ScimError value-invalid when an attribute has more than 1,000 values. */
export function checkCount(declaration: AttributeDeclaration, values: readonly JsonValue[], name: string): void {
  if (values.length > maxValues && !declaration.apart) {
    throw invalid(name, `a list of ${values.length}`, `a list of at most ${maxValues}`)
  }
}

function readValues(declaration: AttributeDeclaration, value: JsonValue, name: string, findings: Findings) {
  const values: JsonValue[] = []
  if (!Array.isArray(value)) findings.bend('value-without-array')
  for (const item of Array.isArray(value) ? value : [value]) {
    if (isNone(item, findings)) continue
    const read =
      declaration.type === 'complex'
        ? readElement(declaration, item, name, findings)
        : readSimple(declaration, item, name, findings)
    if (read !== undefined) values.push(read)
  }
  checkCount(declaration, values, name)
  checkPrimary(values, name)
  return values.length === 0 ? undefined : values
}

/** @throws ScimError value-invalid when two values are primary (RFC 7643 section 2.4). */
export function checkPrimary(values: readonly JsonValue[], name: string): void {
  const primaries = values.filter((item) => isJsonObject(item) && item.primary === true).length
  if (primaries > 1) throw invalid(`${name}.primary`, `${primaries} times true`, 'true once at most')
}

/**
 * A complex value: its parts by name, or a text that stands for its `value`. Undefined when nothing is left of it.
 * @throws ScimError value-invalid
 */
export function readElement(
  declaration: AttributeDeclaration,
  value: JsonValue,
  name: string,
  findings: Findings,
): JsonObject | undefined {
  const valueDeclaration = findAttribute(declaration.subAttributes, 'value')
  if (!isJsonObject(value)) {
    if (typeof value !== 'string' || valueDeclaration === undefined) throw invalid(name, value, 'an object')
    findings.bend('complex-as-string')
    return { value }
  }
  const element: JsonObject = {}
  for (const [subName, item] of Object.entries(withReferenced(declaration, value, findings))) {
    const subDeclaration = findAttribute(declaration.subAttributes, subName)
    if (subDeclaration === undefined) {
      if (item !== null) findings.drop(`${name}.${subName}`)
      continue
    }
    const read = readAttribute(subDeclaration, item, `${name}.${subDeclaration.name}`, findings)
    if (read !== undefined) put(element, subDeclaration.name, read)
  }
  return Object.keys(element).length === 0 ? undefined : element
}

/** A reference that is nothing but an address, `{"$ref": "../Users/26118915"}`, with the id that it ends in as its value. */
export function withReferenced(declaration: AttributeDeclaration, value: JsonObject, findings: Findings): JsonObject {
  if (findAttribute(declaration.subAttributes, '$ref') === undefined) return value
  const address = memberInAnyCase(value, '$ref')
  const given = memberInAnyCase(value, 'value')
  if (typeof address !== 'string' || (given !== undefined && given !== null)) return value
  const id = /([^/?#]+)\/?(?:[?#].*)?$/.exec(address)?.[1]
  if (id === undefined) return value
  findings.bend('address-as-reference')
  return { ...value, value: id }
}

function readSimple(declaration: AttributeDeclaration, value: JsonValue, name: string, findings: Findings): JsonValue {
  switch (declaration.type) {
    case 'boolean': {
      if (typeof value === 'boolean') return value
      // Entra sends "True" and "False".
      const text = typeof value === 'string' ? value.toLowerCase() : undefined
      if (text === 'true' || text === 'false') {
        findings.bend('string-boolean')
        return text === 'true'
      }
      throw invalid(name, value, 'true or false')
    }
    case 'integer':
      if (Number.isInteger(value)) return value
      throw invalid(name, value, 'a whole number')
    case 'decimal':
      if (typeof value === 'number') return value
      throw invalid(name, value, 'a number')
    case 'dateTime':
      if (typeof value === 'string' && instantOf(value) !== undefined) return value
      throw invalid(name, value, 'a date and time such as "2026-11-02T09:30:00Z"')
    default:
      if (typeof value === 'string') return value
      throw invalid(name, value, 'a text')
  }
}

/** The refusal of a value, which is shown in it. */
export function invalid(attribute: string, value: JsonValue, expected: string): ScimError {
  const shown =
    typeof value === 'string'
      ? value
      : isJsonObject(value)
        ? 'an object'
        : Array.isArray(value)
          ? 'a list'
          : String(value)
  return new ScimError('value-invalid', { attribute, value: shown, expected })
}
