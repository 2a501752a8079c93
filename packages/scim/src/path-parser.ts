import { ScimError } from './errors.ts'
import { type Filter, filterReader, valueScope } from './filter-parser.ts'
import { printFilter } from './filter-print.ts'
import { filterTokens, type Refuse } from './filter-tokens.ts'
import { type Findings, noteShortName } from './quirks.ts'
import { type AttributePath, printAttributePath, type ResourceType, resolveAttribute, resolveSchema } from './schema.ts'

/** The target of a PATCH operation (RFC 7644 figure 7). */
export type PatchPath =
  /** A whole extension. */
  | { readonly kind: 'extension'; readonly schema: string }
  /** An attribute or, with a filter, those of its values that meet it. */
  | { readonly kind: 'attribute'; readonly path: AttributePath; readonly filter: Filter | null }
  /** A well-formed path to an attribute that the type does not have. */
  | { readonly kind: 'unknown'; readonly text: string }

const extensionUri = /:\d+(?:\.\d+)*:[\w-]+$/

/**
 * Parses the path of a PATCH operation, in any case: `name.givenName`, `emails[type eq "work"].value`, `urn:…:User:manager`.
 * @param findings takes note of quirks
 * @throws ScimError path-invalid with the position (from 1)
 */
export function parsePath(text: string, type: ResourceType, findings?: Findings): PatchPath {
  const refuse: Refuse = (position, why) => {
    throw new ScimError('path-invalid', { path: text, position, why })
  }
  const reader = filterReader(filterTokens(text, refuse), refuse, findings)
  const name = reader.next()
  if (name.kind !== 'word') return refuse(name.position, 'an attribute is missing')

  const owner = name.text.includes(':') ? resolveSchema(name.text, type) : undefined
  if (
    owner !== undefined &&
    'extension' in owner &&
    (owner.schema !== undefined || extensionUri.test(owner.extension))
  ) {
    reader.expectEnd()
    return { kind: 'extension', schema: owner.extension }
  }
  const path = resolveAttribute(name.text, type)
  if (path === undefined) return { kind: 'unknown', text }
  if (findings !== undefined) noteShortName(path, name.text, findings)
  if (reader.peek().kind !== '[') {
    reader.expectEnd()
    return { kind: 'attribute', path, filter: null }
  }
  const { position } = reader.next()
  if (path.subAttribute !== null || (path.declared && !path.attribute.multiValued)) {
    return refuse(position, `${printAttributePath(path)} has no values to choose from`)
  }
  const filter = reader.readFilter(valueScope(path))
  reader.expect(']', 'a closing bracket')
  const sub = reader.peek()
  if (sub.kind !== 'sub') {
    reader.expectEnd()
    return { kind: 'attribute', path, filter }
  }
  reader.next()
  reader.expectEnd()
  const found = valueScope(path).resolve(sub.text)
  if (found === undefined) return { kind: 'unknown', text }
  return { kind: 'attribute', path: { ...path, subAttribute: found.attribute }, filter }
}

/** The path as text in the schema's spelling; parsing it gives the same path. */
export function printPath(path: PatchPath): string {
  if (path.kind === 'extension') return path.schema
  if (path.kind === 'unknown') return path.text
  if (path.filter === null) return printAttributePath(path.path)
  const sub = path.path.subAttribute === null ? '' : `.${path.path.subAttribute.name}`
  return `${printAttributePath({ ...path.path, subAttribute: null })}[${printFilter(path.filter)}]${sub}`
}
