import type { JsonObject, JsonValue } from '@user-provisioning/scim/json'
import { enterpriseUserSchema } from '@user-provisioning/scim/schema'
import fc from 'fast-check'
import { ship, text } from './resources.ts'

/** One wish of an identity provider: that an attribute has a value, or (null) none. */
export interface Wish {
  readonly attribute: keyof typeof attributes
  readonly value: JsonValue
}

/** How each attribute is called on its own, and where it stands in a resource. */
const attributes = {
  displayName: { path: 'displayName', at: ['displayName'] },
  title: { path: 'title', at: ['title'] },
  active: { path: 'active', at: ['active'] },
  givenName: { path: 'name.givenName', at: ['name', 'givenName'] },
  familyName: { path: 'name.familyName', at: ['name', 'familyName'] },
  department: { path: `${enterpriseUserSchema}:department`, at: [enterpriseUserSchema, 'department'] },
  manager: { path: `${enterpriseUserSchema}:manager`, at: [enterpriseUserSchema, 'manager', 'value'] },
  berth: { path: `${ship}:berth`, at: [ship, 'berth'] },
  workEmail: { path: 'emails[type eq "work"].value', at: ['emails', 'work'] },
  homeEmail: { path: 'emails[type eq "home"].value', at: ['emails', 'home'] },
} as const

const wish = fc
  .constantFrom(...(Object.keys(attributes) as Wish['attribute'][]))
  .chain(
    (attribute): fc.Arbitrary<Wish> =>
      attribute === 'active'
        ? fc.boolean().map((value) => ({ attribute, value }))
        : fc.oneof({ weight: 3, arbitrary: text }, fc.constant(null)).map((value) => ({ attribute, value })),
  )
/** Some requests, of some wishes each. */
export const wishes = fc.array(fc.array(wish, { minLength: 1, maxLength: 6 }), { maxLength: 4 })

const isFiltered = (attribute: Wish['attribute']) => attributes[attribute].path.includes('[')

/** Entra as it is by default: an operation for each attribute, booleans and managers as text, removed by name. */
function byPath(request: readonly Wish[]): JsonObject[] {
  return request.map(({ attribute, value }) => {
    const { path } = attributes[attribute]
    if (value === null) return { op: 'Remove', path }
    const sent = typeof value === 'boolean' ? (value ? 'True' : 'False') : value
    return { op: 'Add', path, value: sent }
  })
}

/** Entra with the flag `aadOptscim062020`: what has no filter in one operation without a path, empty text to clear. */
function byDottedKeys(request: readonly Wish[]): JsonObject[] {
  const operations: JsonObject[] = []
  for (const { attribute, value } of request) {
    const { path } = attributes[attribute]
    if (isFiltered(attribute)) operations.push({ op: value === null ? 'replace' : 'add', path, value: value ?? '' })
    else {
      const last = operations.at(-1)
      const together = last?.path === undefined ? (last?.value as JsonObject | undefined) : undefined
      const sent = attribute === 'manager' && value !== null ? { value } : (value ?? '')
      if (together === undefined) operations.push({ op: 'replace', value: { [path]: sent } })
      else together[path] = sent
    }
  }
  return operations
}

/** As the RFC has it: whole objects, null for no value. */
function byObjects(request: readonly Wish[]): JsonObject[] {
  return request.map(({ attribute, value }) => {
    const { path, at } = attributes[attribute]
    if (isFiltered(attribute)) return value === null ? { op: 'remove', path } : { op: 'add', path, value }
    return {
      op: 'replace',
      value: at.reduceRight<JsonValue>((inner, name) => ({ [name]: inner }), value) as JsonObject,
    }
  })
}

/** The oldest of Entra: a scalar in a list as a reference is, short names. */
function byReferences(request: readonly Wish[]): JsonObject[] {
  return request.map(({ attribute, value }) => {
    const path = attribute === 'manager' || attribute === 'department' ? attribute : attributes[attribute].path
    if (value === null) return { op: 'Replace', path, value: null }
    // No schema says that a value of an extension without one is a scalar.
    if (attribute === 'berth') return { op: 'Add', path, value }
    return { op: 'Add', path, value: [{ $ref: null, value: typeof value === 'boolean' ? String(value) : value }] }
  })
}

export const dialects: Readonly<Record<string, (request: readonly Wish[]) => JsonObject[]>> = {
  byPath,
  byDottedKeys,
  byObjects,
  byReferences,
}

/** What a user comes to by these wishes, told without any PATCH: a map of attributes. */
export function wished(user: JsonObject, requests: readonly (readonly Wish[])[]): JsonObject {
  const model = structuredClone(user)
  for (const { attribute, value } of requests.flat()) {
    const names = attributes[attribute].at
    if (names[0] === 'emails') wishEmail(model, names[1], value)
    else set(model, names, value)
  }
  return model
}

function wishEmail(model: JsonObject, type: string, value: JsonValue): void {
  const emails = (model.emails ?? []) as JsonObject[]
  const found = emails.find((email) => email.type === type)
  if (found === undefined && value !== null) emails.push({ type, value })
  else if (found !== undefined) set(found, ['value'], value)
  if (emails.length > 0) model.emails = emails
}

function set(holder: JsonObject, [name, ...rest]: readonly string[], value: JsonValue): void {
  if (name === undefined) return
  if (rest.length === 0) {
    if (value === null) delete holder[name]
    else holder[name] = value
    return
  }
  const inner = (holder[name] ?? {}) as JsonObject
  set(inner, rest, value)
  if (Object.keys(inner).length === 0) delete holder[name]
  else holder[name] = inner
}
