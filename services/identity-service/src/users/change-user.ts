import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { Fault } from '@user-provisioning/contracts/errors'
import { mappableFields } from '@user-provisioning/contracts/fields'
import { adminReply } from '@user-provisioning/contracts/reply'
import { operation, unchanged } from '../commands/command.ts'
import type { View } from '../commands/view.ts'
import { changedNative } from './change-native-user.ts'
import { type UserChange, userFact, valueChange } from './user-change.ts'
import type { UserDocument } from './user-document.ts'
import { requireFreeName } from './user-name.ts'
import { userIn, userOf } from './user-of-request.ts'
import { presentUser } from './user-presenter.ts'

const readBody = adminRoutes.changeUser.body

/**
 * An admin's change of a user's name and fields. A native user is the product's own: its SCIM resource is kept in step. Of a
 * managed one only the fields that the IdP does not provide are, and those whose mapping row lets them be edited until the
 * IdP's next change (4.2).
 */
export const changeUser = operation('ChangeUser', {
  needs(message, want) {
    const { instanceId, userId } = userIn(message)
    want.user(instanceId, userId)
    const { userName } = readBody.parse(message.body)
    if (userName !== undefined) want.userName(instanceId, userName)
  },

  decide(message, view, ctx) {
    const before = userOf(message, 'a change', view)
    const { userName, fields } = readBody.parse(message.body)
    requireKnown(Object.keys(fields), before, view)
    const values = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value ?? '']))
    let change: UserChange
    if (before.scimSyncId === null) {
      if (userName !== undefined) requireFreeName(before.instanceId, before._id, userName, view)
      change = changedNative(before, { ...values, ...(userName === undefined ? {} : { userName }) }, ctx.now)
    } else {
      if (userName !== undefined && userName !== before.userName) {
        throw new Fault('managed-by-idp', { name: before.userName, member: 'userName' })
      }
      change = changedManaged(before, values, ctx.now)
    }
    if (change.changes.length === 0) return unchanged(adminReply(presentUser(before)))
    const isOfFields = before.scimSyncId !== null
    return {
      effects: [{ kind: 'user', before, after: change.after }],
      announcements: [userFact(isOfFields ? 'FieldsChanged' : 'UserUpdated', change, ctx)],
      reply: adminReply(presentUser(change.after)),
    }
  },
})

/** @throws Fault validation-failed for a field that the instance does not have */
function requireKnown(names: readonly string[], { instanceId }: UserDocument, view: View): void {
  const known = mappableFields(view.instance(instanceId)?.customFields ?? [])
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  const items = unknown.map((name) => ({
    pointer: `/fields/${name}`,
    code: 'unknown-member',
    detail: `${name} is not a text field of this instance.`,
    allowed: known,
  }))
  throw new Fault('validation-failed', { n: String(items.length) }, { items })
}

/**
 * A managed user with these field values.
 * @throws Fault managed-by-idp for a field whose mapping row says that the IdP wins
 */
function changedManaged(before: UserDocument, values: Readonly<Record<string, string>>, now: Date): UserChange {
  const changes = Object.entries(values).flatMap(([name, value]) =>
    valueChange('field', name, before.fields[name] ?? null, value === '' ? null : value),
  )
  const fieldSources = { ...before.fieldSources }
  for (const { path } of changes) {
    const source = Object.hasOwn(fieldSources, path) ? fieldSources[path] : undefined
    if (source === undefined || source === 'native') fieldSources[path] = 'native'
    else if (source.onNativeEdit !== 'until-next-change') {
      throw new Fault('managed-by-idp', { name: before.userName, member: path })
    }
  }
  const after: UserDocument = {
    ...before,
    fields: {
      ...before.fields,
      ...Object.fromEntries(changes.map(({ path, new: value }) => [path, value as string | null])),
    },
    fieldSources,
    version: before.version + 1,
    fieldsVersion: before.fieldsVersion + 1,
    changedAt: now,
  }
  return { before, after, changes, warnings: [] }
}
