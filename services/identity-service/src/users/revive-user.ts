import type { JsonObject } from '@user-provisioning/scim/json'
import type { View } from '../commands/view.ts'
import { settingsOf } from '../settings/settings.ts'
import { type UserChange, withResource } from './user-change.ts'
import type { UserDocument } from './user-document.ts'

/** The deleted user who had this name last, where nobody holds it and the instance revives those who come back. */
export function whoComesBack(instanceId: string, userName: string, view: View): UserDocument | undefined {
  const instance = view.instance(instanceId)
  if (instance === undefined || settingsOf(instance).reHirePolicy !== 'revive') return undefined
  return view.userName(userName) === undefined ? view.formerHolder(instanceId, userName) : undefined
}

/**
 * Somebody is hired again: the old user with its id and its links, who joins the groups that it left as far as they still exist;
 * its resource is the one that the IdP sends now.
 */
export function revivedUser(tombstone: UserDocument, scim: JsonObject, view: View, now: Date): UserChange {
  const { formerGroups = [], ...kept } = tombstone
  const change = withResource({ ...kept, visible: true, scim: {} }, scim, view, now)
  return { ...change, before: tombstone, after: { ...change.after, formerGroups: [] }, rejoins: formerGroups }
}
