import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import type { UserImage } from '@user-provisioning/contracts/images'
import type { UserSnapshot } from '@user-provisioning/contracts/reply'
import type { FieldSource, UserDocument } from './user-document.ts'

/** The user as facts carry it. */
export function userImage(user: UserDocument): UserImage {
  return {
    id: user._id,
    scimSyncId: user.scimSyncId,
    userName: user.userName,
    externalId: user.externalId,
    state: user.state,
    scim: user.scim,
    fields: user.fields,
    directManager: user.directManager,
    pendingManager: user.pendingManager,
    links: [...user.links],
    version: user.version,
    scimVersion: user.scimVersion,
    fieldsVersion: user.fieldsVersion,
    linksRevision: user.linksRevision ?? 0,
    createdAt: user.meta.created.toISOString(),
    changedAt: user.changedAt.toISOString(),
  }
}

/** A group that a user is in, as SCIM shows it. */
export type GroupOfUser = NonNullable<UserSnapshot['groups']>[number]

/** The user as SCIM shows it. */
export function userSnapshot(user: UserDocument, groups: readonly GroupOfUser[] | null): UserSnapshot {
  return {
    kind: 'user',
    id: user._id,
    managed: user.scimSyncId !== null,
    scim: user.scim,
    scimVersion: user.scimVersion,
    createdAt: user.meta.created.toISOString(),
    modifiedAt: user.meta.lastModified.toISOString(),
    groups: groups && [...groups],
  }
}

type UserSummary = AdminAnswer<'listUsers'>['items'][number]

export function presentUserSummary(user: UserDocument): UserSummary {
  return {
    id: user._id,
    instanceId: user.instanceId,
    scimSyncId: user.scimSyncId,
    managed: user.scimSyncId !== null,
    protected: user.protected,
    userName: user.userName,
    externalId: user.externalId,
    state: user.state,
    version: user.version,
    createdAt: user.meta.created.toISOString(),
    changedAt: user.changedAt.toISOString(),
  }
}

/** The user as the admin API shows it, without the parts that are asked for by `include`. */
export function presentUser(user: UserDocument): AdminAnswer<'readUser'> {
  return {
    ...presentUserSummary(user),
    fields: user.fields,
    fieldSources: user.fieldSources as Record<string, FieldSource>,
    directManager: { userId: user.directManager, pending: user.pendingManager },
    links: [...user.links],
    scimVersion: user.scimVersion,
    fieldsVersion: user.fieldsVersion,
  }
}
