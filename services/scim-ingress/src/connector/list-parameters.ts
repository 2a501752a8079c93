import { readJsonBody } from '@user-provisioning/http/body'
import { type JsonObject, type JsonValue, memberName } from '@user-provisioning/scim/json'
import { invalid } from '@user-provisioning/scim/resource'
import { readParameters } from './query-parameters.ts'
import type { ScimContext } from './scim-state.ts'

/** The query parameters of RFC 7644 section 3.4.2 and RFC 9865 section 2, in their spelling. */
export const listParameterNames = [
  'filter',
  'startIndex',
  'count',
  'cursor',
  'sortBy',
  'sortOrder',
  'attributes',
  'excludedAttributes',
] as const

/** What a list can be asked for with (RFC 7644 section 3.4.2, RFC 9865 section 2), as sent: in a query string or in a body. */
export type ListParameters = Partial<Record<(typeof listParameterNames)[number], string>>

/**
 * The parameters of a GET.
 * @throws Fault parameter-invalid
 */
export function listParametersOf(ctx: ScimContext): ListParameters {
  return readParameters(ctx.querystring, listParameterNames)
}

const searchSchema = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest'

/**
 * The parameters of a POST to `.search` (RFC 7644 section 3.4.3): names in any case, attributes as a list or as one text with
 * commas, numbers also as text. `schemas` may be left out.
 * @throws Fault media-type-unsupported, body-too-large, body-not-json; ScimError value-invalid
 */
export async function readSearchBody(ctx: ScimContext): Promise<ListParameters> {
  const body = await readJsonBody(ctx)
  const schemas = body[memberName(body, 'schemas') ?? '']
  const isSearch = (item: JsonValue) => typeof item === 'string' && item.toLowerCase() === searchSchema.toLowerCase()
  if (schemas !== undefined && !(Array.isArray(schemas) && schemas.some(isSearch))) {
    throw invalid('schemas', typeof schemas === 'string' ? schemas : JSON.stringify(schemas), `["${searchSchema}"]`)
  }
  return Object.fromEntries(listParameterNames.flatMap((name) => textOf(name, body) ?? []))
}

function textOf(name: (typeof listParameterNames)[number], body: JsonObject): [[string, string]] | undefined {
  const value = body[memberName(body, name) ?? '']
  if (value === undefined || value === null) return undefined
  if (name === 'attributes' || name === 'excludedAttributes') {
    const list = typeof value === 'string' ? [value] : value
    if (!isTexts(list)) throw invalid(name, value, 'a list of attribute names')
    return [[name, list.join(',')]]
  }
  const isNumber = name === 'startIndex' || name === 'count'
  if (typeof value !== 'string' && !(isNumber && typeof value === 'number')) {
    throw invalid(name, value, isNumber ? 'a whole number' : 'a text')
  }
  return [[name, String(value)]]
}

function isTexts(value: JsonValue): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
