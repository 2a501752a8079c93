import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import type { GroupImage } from '@user-provisioning/contracts/images'
import type { GroupSnapshot } from '@user-provisioning/contracts/reply'
import type { MembersPage } from '../memberships/read-memberships.ts'
import type { GroupDocument } from './group-document.ts'

/** The group as facts carry it, without its members. */
export function groupImage(group: GroupDocument): GroupImage {
  return {
    id: group._id,
    scimSyncId: group.scimSyncId,
    displayName: group.displayName,
    externalId: group.externalId,
    state: group.state,
    scim: group.scim,
    version: group.version,
    scimVersion: group.scimVersion,
    createdAt: group.meta.created.toISOString(),
    changedAt: group.changedAt.toISOString(),
  }
}

/** The group as SCIM shows it; members are null where nobody asked for them. */
export function groupSnapshot(group: GroupDocument, page: MembersPage | null): GroupSnapshot {
  return {
    kind: 'group',
    id: group._id,
    managed: group.scimSyncId !== null,
    scim: group.scim,
    scimVersion: group.scimVersion,
    createdAt: group.meta.created.toISOString(),
    modifiedAt: group.meta.lastModified.toISOString(),
    members: page === null ? null : [...page.members],
    ...(page?.moreAfter === undefined ? {} : { moreAfter: page.moreAfter }),
  }
}

type GroupSummary = AdminAnswer<'listGroups'>['items'][number]

export function presentGroupSummary(group: GroupDocument): GroupSummary {
  return {
    id: group._id,
    instanceId: group.instanceId,
    scimSyncId: group.scimSyncId,
    managed: group.scimSyncId !== null,
    displayName: group.displayName,
    externalId: group.externalId,
    version: group.version,
    createdAt: group.meta.created.toISOString(),
    changedAt: group.changedAt.toISOString(),
  }
}

/** The group as the admin API shows it. */
export function presentGroup(group: GroupDocument, memberCount: number): AdminAnswer<'readGroup'> {
  return { ...presentGroupSummary(group), memberCount, scimVersion: group.scimVersion }
}
