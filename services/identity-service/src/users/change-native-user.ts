import { Fault } from '@user-provisioning/contracts/errors'
import { adminReply } from '@user-provisioning/contracts/reply'
import { searchTree } from '@user-provisioning/scim/fold'
import { userType } from '@user-provisioning/scim/schema'
import { operation, unchanged } from '../commands/command.ts'
import { nativeResource } from './native-resource.ts'
import { type UserChange, userFact, valueChange } from './user-change.ts'
import type { UserDocument } from './user-document.ts'
import { requireFreeName } from './user-name.ts'
import { presentUser } from './user-presenter.ts'

/** A native user's new name or field values. A managed one is the IdP's to change. */
export const changeNativeUser = operation('ChangeNativeUser', {
  needs({ instanceId, userId, userName }, want) {
    want.instance(instanceId)
    want.user(instanceId, userId)
    if (userName !== undefined) want.userName(instanceId, userName)
  },

  decide({ instanceId, userId, userName, fields }, view, ctx) {
    const before = view.user(instanceId, userId)
    if (before === undefined || before.state === 'deleted') throw new Fault('not-found', { type: 'user' })
    if (before.scimSyncId !== null) {
      throw new Fault('managed-by-idp', { name: before.userName, member: userName === undefined ? 'it' : 'userName' })
    }
    if (userName !== undefined) requireFreeName(instanceId, userId, userName, view)
    const change = changedNative(before, { ...(userName === undefined ? {} : { userName }), ...fields }, ctx.now)
    if (change.changes.length === 0) return unchanged(adminReply(presentUser(before)))
    return {
      effects: [{ kind: 'user', before, after: change.after }],
      announcements: [userFact('UserUpdated', change, ctx, { cause: 'job' })],
      reply: adminReply(presentUser(change.after)),
    }
  },
})

/** The native user with these field values, `userName` among them; its SCIM resource is kept in step. */
export function changedNative(before: UserDocument, values: Readonly<Record<string, string>>, now: Date): UserChange {
  const changes = Object.entries(values).flatMap(([name, value]) =>
    valueChange('field', name, before.fields[name] ?? null, value === '' ? null : value),
  )
  const given = Object.fromEntries(changes.map(({ path, new: value }) => [path, value as string | null]))
  const fields = { ...before.fields, ...given }
  const userName = fields.userName ?? before.userName
  const scim = nativeResource(userName, fields, before.state === 'active')
  const sources = Object.keys(given).map((name) => [name, 'native'] as const)
  const after: UserDocument = {
    ...before,
    userName,
    fields,
    fieldSources: { ...before.fieldSources, ...Object.fromEntries(sources) },
    scim,
    search: searchTree(scim, userType),
    version: before.version + 1,
    scimVersion: before.scimVersion + 1,
    fieldsVersion: before.fieldsVersion + 1,
    meta: { ...before.meta, lastModified: now },
    changedAt: now,
  }
  return { before, after, changes, warnings: [] }
}
