import type { Change } from '@user-provisioning/contracts/actor'
import type { Role } from '@user-provisioning/contracts/admin/route'
import { searchTree } from '@user-provisioning/scim/fold'
import { userType } from '@user-provisioning/scim/schema'
import { nativeResource } from './native-resource.ts'
import { blankUser, valueChange } from './user-change.ts'
import type { UserDocument } from './user-document.ts'

/** A user that is born in the product. */
export function nativeUser(
  identity: { readonly instanceId: string; readonly id: string; readonly userName: string },
  options: { readonly fields?: Readonly<Record<string, string>>; readonly role?: Role },
  now: Date,
): UserDocument {
  const { instanceId, id, userName } = identity
  const given = Object.entries(options.fields ?? {}).filter(([name, value]) => value !== '' && name !== 'userName')
  const fields = { userName, ...Object.fromEntries(given) }
  const scim = nativeResource(userName, fields)
  const isProtected = options.role !== undefined
  return {
    ...blankUser(instanceId, id, now),
    userName,
    protected: isProtected,
    role: options.role ?? null,
    visible: !isProtected,
    scim,
    search: searchTree(scim, userType),
    fields,
    fieldSources: Object.fromEntries(Object.keys(fields).map((name) => [name, 'native'])),
    version: 1,
    scimVersion: 1,
    fieldsVersion: 1,
  }
}

/** What the history says of its birth. */
export function birthChanges(user: UserDocument): Change[] {
  return [
    ...valueChange('state', 'state', null, user.state),
    ...Object.entries(user.fields).flatMap(([name, value]) => valueChange('field', name, null, value)),
  ]
}
