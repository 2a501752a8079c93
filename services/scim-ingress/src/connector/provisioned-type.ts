import type { JsonObject } from '@user-provisioning/scim/json'
import type { PatchOperation } from '@user-provisioning/scim/patch'
import type { ResourceType } from '@user-provisioning/scim/schema'
import type { BareCommand, BareQuery } from './identity.ts'
import type { PageRequest } from './list-query.ts'

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
  readonly replace: (id: string, scim: JsonObject, ifMatch: string[] | undefined) => BareCommand
  readonly patch: (id: string, operations: readonly PatchOperation[], ifMatch: string[] | undefined) => BareCommand
  readonly remove: (id: string, ifMatch: string[] | undefined) => BareCommand
  readonly pickUp: (id: string) => BareCommand
  /** @param withApart whether the attribute that is kept apart is wanted */
  readonly read: (id: string, withApart: boolean) => BareQuery
  readonly find: (page: PageRequest, withApart: boolean) => BareQuery
}
