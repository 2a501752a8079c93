import type { JsonObject } from '@user-provisioning/scim/json'
import type { PatchOperation } from '@user-provisioning/scim/patch'
import type { ResourceType } from '@user-provisioning/scim/schema'
import type { BareCommand, BareQuery } from './identity.ts'
import type { PageRequest } from './list-query.ts'

/** What must be true of a resource's entity tag, so that it is changed (RFC 9110 section 13.1). */
export interface Preconditions {
  /** It has one of these tags, or `*`: it is there. */
  readonly ifMatch?: string[]
  /** It has none of these. */
  readonly ifNoneMatch?: string[]
}

/** What is different about users and groups on their way to identity-service; the routes are the same. */
export interface ProvisionedType {
  readonly type: ResourceType
  /** The attribute whose exact lookup picks up a native. */
  readonly matchingAttribute: 'userName' | 'displayName'
  /** The attribute that is kept apart from the resource and costs a read of its own. */
  readonly apart: 'groups' | 'members'
  readonly bodyLimitBytes: number
  /** Whether a PATCH is answered with the resource (200), or with 204 where nobody asked for attributes. */
  readonly patchAnswersResource: boolean
  readonly provision: (id: string, scim: JsonObject) => BareCommand
  readonly replace: (id: string, scim: JsonObject, preconditions: Preconditions) => BareCommand
  readonly patch: (id: string, operations: readonly PatchOperation[], preconditions: Preconditions) => BareCommand
  readonly remove: (id: string, preconditions: Preconditions) => BareCommand
  readonly pickUp: (id: string) => BareCommand
  /** @param withApart whether the attribute that is kept apart is wanted */
  readonly read: (id: string, withApart: boolean) => BareQuery
  readonly find: (page: PageRequest, withApart: boolean) => BareQuery
}
