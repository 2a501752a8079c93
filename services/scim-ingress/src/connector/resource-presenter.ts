import type { Snapshot } from '@user-provisioning/contracts/reply'
import type { JsonObject } from '@user-provisioning/scim/json'
import { locationOf, presentGroup, presentUser } from '@user-provisioning/scim/present'
import { groupType, type ResourceType, userType } from '@user-provisioning/scim/schema'

export function typeOf(resource: Snapshot): ResourceType {
  return resource.kind === 'user' ? userType : groupType
}

/** The resource's address under a Tenant URL. */
export function addressOf(resource: Snapshot, tenantUrl: string): string {
  return locationOf(tenantUrl, typeOf(resource), resource.id)
}

/**
 * What an owner answered, as SCIM shows it, before the projection. A manager is returned as it was sent, without an
 * address, since it may be somebody who is not here yet.
 */
export function presentSnapshot(resource: Snapshot, tenantUrl: string): JsonObject {
  const common = {
    id: resource.id,
    scim: resource.scim,
    scimVersion: resource.scimVersion,
    created: resource.createdAt,
    lastModified: resource.modifiedAt,
    base: tenantUrl,
  }
  if (resource.kind === 'user') {
    return presentUser({
      ...common,
      groups: resource.groups?.map(({ id, name, direct }) => ({
        value: id,
        display: name,
        type: direct ? 'direct' : 'indirect',
      })),
    })
  }
  return presentGroup({
    ...common,
    members: resource.members?.map(({ id, type, name }) => ({ value: id, type, display: name })),
  })
}
