import { Fault } from '@user-provisioning/contracts/errors'
import { maxFieldLength } from '@user-provisioning/contracts/fields'
import type { RowSource } from '@user-provisioning/contracts/mapping-set'
import { compile } from '@user-provisioning/expressions/expression'
import { ExpressionFailed } from '@user-provisioning/expressions/expression-failed'
import { ScimError } from '@user-provisioning/scim/errors'
import { matches } from '@user-provisioning/scim/filter-match'
import { isJsonObject, type JsonObject, type JsonValue, member } from '@user-provisioning/scim/json'
import { type PatchPath, parsePath } from '@user-provisioning/scim/path-parser'
import { commonAttributes, enterpriseUserSchema, userType } from '@user-provisioning/scim/schema'

/** A text for a field, or null where the user has none; `chosenOf`: it is one of so many values. */
interface SourceValue {
  readonly text: string | null
  readonly chosenOf?: number
}

/** Gives what one user's SCIM tree has. @throws UnreadableSource when it is nothing that a text field takes */
export type ReadSource = (scim: JsonObject) => SourceValue

/** The value at a source cannot be put into a text field; the message says why, in words. */
export class UnreadableSource extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'UnreadableSource'
  }
}

const nothing: SourceValue = { text: null }

/** The variables of an expression: the SCIM tree, and its enterprise extension or {}; both with the members that they can have. */
const sourceVariables = {
  user: namesOf([...commonAttributes, ...userType.schema.attributes]),
  enterprise: namesOf(userType.extensions.find(({ id }) => id === enterpriseUserSchema)?.attributes ?? []),
}

/**
 * Prepares a source: its paths and its expression are read once, not per user.
 * @throws ScimError path-invalid; Fault expression-invalid; UnreadableSource for a path that meets no attribute
 */
export function readerOf(source: RowSource): ReadSource {
  if ('expression' in source) return expressionReader(source.expression)
  const readers = [source.path, ...(source.otherwise ?? [])].map(pathReader)
  return (scim) => {
    for (const read of readers) {
      const value = read(scim)
      if (value.text !== null) return value
    }
    return nothing
  }
}

/** The same, for what is stored: a source that cannot be prepared makes the reader fail, so that the other rows go on. */
export function storedReaderOf(source: RowSource): ReadSource {
  try {
    return readerOf(source)
  } catch (err) {
    const why = err instanceof UnreadableSource ? err.message : reasonOf(err)
    return () => {
      throw new UnreadableSource(why)
    }
  }
}

function namesOf(attributes: readonly { name: string; returned: string }[]): string[] {
  return attributes.filter(({ returned }) => returned !== 'never').map(({ name }) => name)
}

function reasonOf(err: unknown): string {
  if (err instanceof ScimError) return err.message.replace(/\.$/, '')
  return err instanceof Fault ? String(err.slots.why) : String(err)
}

function expressionReader(text: string): ReadSource {
  const expression = compile(text, sourceVariables)
  return (scim) => {
    let value: JsonValue
    try {
      value = expression.evaluate({ user: scim, enterprise: objectAt(scim, enterpriseUserSchema) })
    } catch (err) {
      if (err instanceof ExpressionFailed) throw new UnreadableSource(`${err.message}, at position ${err.position}`)
      throw err
    }
    const values = (Array.isArray(value) ? value : [value]).filter((each) => !isAbsent(each))
    return chosen(values, values, 'the expression')
  }
}

function objectAt(scim: JsonObject, name: string): JsonObject {
  const value = member(scim, name)
  return isJsonObject(value) ? value : {}
}

function pathReader(text: string): ReadSource {
  const path = parsePath(text, userType)
  if (path.kind === 'unknown') throw new UnreadableSource(`a user has no attribute ${text}`)
  if (path.kind === 'extension') throw new UnreadableSource(`${text} is a whole extension, not a text`)
  return (scim) => {
    const found = valuesAt(scim, path).filter(({ value }) => !isAbsent(value))
    return chosen(
      found.map(({ value }) => value),
      found.map(({ element }) => element),
      text,
    )
  }
}

/** Of several values that of the primary element, else the first. */
function chosen(values: readonly JsonValue[], elements: readonly JsonValue[], source: string): SourceValue {
  if (values.length === 0) return nothing
  const primary = elements.findIndex((element) => member(element, 'primary') === true)
  const value = values[Math.max(primary, 0)]
  if (typeof value !== 'string') throw new UnreadableSource(`${source} is not a text but ${kindOf(value ?? null)}`)
  if (value.length > maxFieldLength) throw new UnreadableSource(`it is longer than ${maxFieldLength} characters`)
  return values.length === 1 ? { text: value } : { text: value, chosenOf: values.length }
}

type AttributeTarget = Extract<PatchPath, { kind: 'attribute' }>

/** The values at a path, each with the element it is of: one of a single-valued attribute, those that meet the filter of another. */
function valuesAt(
  scim: JsonObject,
  { path, filter }: AttributeTarget,
): { readonly value: JsonValue; readonly element: JsonValue }[] {
  const owner = path.schema === null ? scim : member(scim, path.schema)
  const value = member(owner, path.attribute.name)
  if (value === undefined) return []
  const elements = path.attribute.multiValued && Array.isArray(value) ? value : [value]
  const met = filter === null ? elements : elements.filter((item) => isJsonObject(item) && matches(filter, item))
  const sub = path.subAttribute?.name
  return met.map((element) => ({ element, value: sub === undefined ? element : (member(element, sub) ?? null) }))
}

/** An empty text clears like an attribute that is not there. */
function isAbsent(value: JsonValue): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function kindOf(value: JsonValue): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number') return 'a number'
  return typeof value === 'boolean' ? 'true or false' : 'an object'
}
