import { weakTag } from './etag.ts'
import { isJsonObject, type JsonObject } from './json.ts'
import { groupType, type ResourceType, userType } from './schema.ts'

const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'

export interface Presented {
  readonly id: string
  /** The resource as stored. */
  readonly scim: JsonObject
  readonly scimVersion: number
  /** RFC 3339. */
  readonly created: string
  /** RFC 3339. */
  readonly lastModified: string
  /** The SCIM root of the instance, as clients call it, without a slash at its end. */
  readonly base: string
}

/** Whom a group has or what a user is in. */
export interface PresentedReference {
  readonly value: string
  readonly display?: string | undefined
  /** Of a member: what it is. Of a group that a user is in: how; direct, unless it says otherwise. */
  readonly type?: 'User' | 'Group' | 'direct' | 'indirect' | undefined
}

/** A user as clients read it. `groups` is left out when none are given. */
export function presentUser(
  user: Presented & { readonly groups?: readonly PresentedReference[] | undefined },
): JsonObject {
  const presented = present(user, userType)
  if (user.groups !== undefined && user.groups.length > 0) {
    presented.groups = user.groups.map((group) => ({
      value: group.value,
      $ref: locationOf(user.base, groupType, group.value),
      ...(group.display === undefined ? {} : { display: group.display }),
      type: group.type ?? 'direct',
    }))
  }
  return presented
}

/** A group as clients read it. Without `members` the attribute is left out, as it is when there are none. */
export function presentGroup(
  group: Presented & { readonly members?: readonly PresentedReference[] | undefined },
): JsonObject {
  const presented = present(group, groupType)
  if (group.members !== undefined && group.members.length > 0) {
    presented.members = group.members.map((item) => {
      const type = item.type === 'Group' ? groupType : userType
      return {
        value: item.value,
        $ref: locationOf(group.base, type, item.value),
        type: type.name,
        ...(item.display === undefined ? {} : { display: item.display }),
      }
    })
  }
  return presented
}

/** Where a resource can be read. Only ids that this service made are ever put into it. */
export function locationOf(base: string, type: ResourceType, id: string): string {
  return `${base}${type.endpoint}/${encodeURIComponent(id)}`
}

function present(stored: Presented, type: ResourceType): JsonObject {
  const { externalId, ...attributes } = stored.scim
  const extensions = Object.keys(attributes).filter((name) => name.includes(':') && isJsonObject(attributes[name]))
  return {
    schemas: [type.schema.id, ...extensions],
    id: stored.id,
    ...(externalId === undefined ? {} : { externalId }),
    ...initialValues(type),
    ...attributes,
    meta: {
      resourceType: type.name,
      created: stored.created,
      lastModified: stored.lastModified,
      location: locationOf(stored.base, type, stored.id),
      version: weakTag(stored.scimVersion),
    },
  }
}

function initialValues(type: ResourceType): JsonObject {
  const values: JsonObject = {}
  for (const { name, initial } of type.schema.attributes) if (initial !== undefined) values[name] = initial
  return values
}

export interface ListPage {
  readonly totalResults: number
  /** Index paging: from 1. */
  readonly startIndex?: number | undefined
  /** Cursor paging (RFC 9865); none on the last page. */
  readonly nextCursor?: string | undefined
}

/** A ListResponse (RFC 7644 section 3.4.2); `itemsPerPage` is what this page has. */
export function presentList(resources: readonly JsonObject[], page: ListPage): JsonObject {
  return {
    schemas: [listSchema],
    totalResults: page.totalResults,
    ...(page.startIndex === undefined ? {} : { startIndex: page.startIndex }),
    itemsPerPage: resources.length,
    ...(page.nextCursor === undefined ? {} : { nextCursor: page.nextCursor }),
    Resources: [...resources],
  }
}
