import type { JsonObject } from './json.ts'
import { presentList } from './present.ts'
import {
  type AttributeDeclaration,
  commonAttributes,
  findAttribute,
  groupType,
  type ResourceType,
  type Schema,
  userType,
} from './schema.ts'

const schemaSchema = 'urn:ietf:params:scim:schemas:core:2.0:Schema'
const resourceTypeSchema = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType'
const configSchema = 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'

export const resourceTypes: readonly ResourceType[] = [userType, groupType]
const allSchemas: readonly Schema[] = resourceTypes.flatMap((type) => [type.schema, ...type.extensions])

export interface ServiceLimits {
  /** Most resources of one page. */
  readonly maxResults: number
  /** Resources of a page when the client names no count. */
  readonly defaultPageSize: number
  /** Null: no bulk requests. */
  readonly bulk: { readonly maxOperations: number; readonly maxPayloadBytes: number } | null
  /** Whether cursor paging is offered beside index paging; how long a cursor lives, in seconds. */
  readonly cursorTimeoutSeconds: number | null
  readonly sort: boolean
  readonly documentationUri?: string
}

/** The body of /ServiceProviderConfig (RFC 7643 section 5, RFC 9865 section 4). */
export function serviceProviderConfig(base: string, limits: ServiceLimits): JsonObject {
  return {
    schemas: [configSchema],
    ...(limits.documentationUri === undefined ? {} : { documentationUri: limits.documentationUri }),
    patch: { supported: true },
    bulk: {
      supported: limits.bulk !== null,
      maxOperations: limits.bulk?.maxOperations ?? 0,
      maxPayloadSize: limits.bulk?.maxPayloadBytes ?? 0,
    },
    filter: { supported: true, maxResults: limits.maxResults },
    changePassword: { supported: false },
    sort: { supported: limits.sort },
    etag: { supported: true },
    pagination: {
      cursor: limits.cursorTimeoutSeconds !== null,
      index: true,
      defaultPaginationMethod: 'index',
      defaultPageSize: limits.defaultPageSize,
      maxPageSize: limits.maxResults,
      ...(limits.cursorTimeoutSeconds === null ? {} : { cursorTimeout: limits.cursorTimeoutSeconds }),
    },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'An API key of the instance, sent as a bearer token.',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
  }
}

/** The body of /Schemas. */
export function schemaList(base: string): JsonObject {
  const bodies = allSchemas.map((schema) => presentSchema(schema, base))
  return presentList(bodies, { totalResults: bodies.length, startIndex: 1 })
}

/** The body of /Schemas/{id}, the id in any case; undefined: there is none. */
export function schemaById(id: string, base: string): JsonObject | undefined {
  const found = allSchemas.find((schema) => schema.id.toLowerCase() === id.toLowerCase())
  return found && presentSchema(found, base)
}

/** The body of /ResourceTypes. */
export function resourceTypeList(base: string): JsonObject {
  const bodies = resourceTypes.map((type) => presentResourceType(type, base))
  return presentList(bodies, { totalResults: bodies.length, startIndex: 1 })
}

/** The body of /ResourceTypes/{name}, the name in any case; undefined: there is none. */
export function resourceTypeByName(name: string, base: string): JsonObject | undefined {
  const found = resourceTypes.find((type) => type.name.toLowerCase() === name.toLowerCase())
  return found && presentResourceType(found, base)
}

function presentResourceType(type: ResourceType, base: string): JsonObject {
  return {
    schemas: [resourceTypeSchema],
    id: type.name,
    name: type.name,
    endpoint: type.endpoint,
    description: type.description,
    schema: type.schema.id,
    schemaExtensions: type.extensions.map((extension) => ({ schema: extension.id, required: false })),
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${type.name}` },
  }
}

function presentSchema(schema: Schema, base: string): JsonObject {
  // RFC 7643 section 3.1 lists it in no schema; Entra's gallery check looks for every attribute that a mapping may name.
  const externalId =
    resourceTypes.some((type) => type.schema === schema) && findAttribute(commonAttributes, 'externalId')
  return {
    schemas: [schemaSchema],
    id: schema.id,
    name: schema.name,
    description: schema.description,
    attributes: [...schema.attributes, ...(externalId ? [externalId] : [])].map(presentAttribute),
    meta: { resourceType: 'Schema', location: `${base}/Schemas/${schema.id}` },
  }
}

function presentAttribute(declaration: AttributeDeclaration): JsonObject {
  return {
    name: declaration.name,
    type: declaration.type,
    multiValued: declaration.multiValued,
    description: declaration.description,
    required: declaration.required,
    ...(declaration.canonicalValues === undefined ? {} : { canonicalValues: [...declaration.canonicalValues] }),
    caseExact: declaration.caseExact,
    mutability: declaration.mutability,
    returned: declaration.returned,
    uniqueness: declaration.uniqueness,
    ...(declaration.referenceTypes === undefined ? {} : { referenceTypes: [...declaration.referenceTypes] }),
    ...(declaration.subAttributes === undefined
      ? {}
      : { subAttributes: declaration.subAttributes.map(presentAttribute) }),
  }
}
