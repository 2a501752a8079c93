import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'
import { type AttributeDeclaration, findAttribute, type ResourceType, resolveSchema } from './schema.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII has them
const ascii = /^[\x00-\x7f]*$/

/**
 * The form in which two texts are the same name (RFC 7643 `caseExact: false`): NFC, lower case, nothing trimmed.
 * A final sigma is folded too, so that the fold of a beginning is the beginning of the fold.
 */
export function fold(text: string): string {
  // Most texts are ASCII, for which the rest does nothing.
  if (ascii.test(text)) return text.toLowerCase()
  return text.normalize('NFC').toLowerCase().replaceAll('ς', 'σ').normalize('NFC')
}

function foldAll(value: JsonValue): JsonValue {
  if (typeof value === 'string') return fold(value)
  if (Array.isArray(value)) return value.map(foldAll)
  if (isJsonObject(value)) return mapMembers(value, (_, item) => foldAll(item))
  return value
}

function mapMembers(value: JsonObject, change: (name: string, item: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, change(name, item)]))
}

function foldAttribute(declaration: AttributeDeclaration | undefined, value: JsonValue): JsonValue {
  if (declaration === undefined) return foldAll(value)
  if (Array.isArray(value)) return value.map((item) => foldAttribute(declaration, item))
  if (isJsonObject(value)) {
    return mapMembers(value, (name, item) => foldAttribute(findAttribute(declaration.subAttributes, name), item))
  }
  return typeof value === 'string' && !declaration.caseExact ? fold(value) : value
}

/** A copy of a stored resource in which every string that is not case exact is folded: what case-insensitive filters and sorts read. */
export function searchTree(resource: JsonObject, type: ResourceType): JsonObject {
  return mapMembers(resource, (name, value) => {
    const owner = name.includes(':') ? resolveSchema(name, type) : undefined
    if (owner === undefined) {
      // externalId is the one common attribute of a stored resource.
      return name === 'externalId' ? value : foldAttribute(findAttribute(type.schema.attributes, name), value)
    }
    const schema = 'schema' in owner ? owner.schema : undefined
    if (schema === undefined || !isJsonObject(value)) return foldAll(value)
    return mapMembers(value, (item, inner) => foldAttribute(findAttribute(schema.attributes, item), inner))
  })
}
