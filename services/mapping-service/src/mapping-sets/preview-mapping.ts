import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import type { MappingRow } from '@user-provisioning/contracts/mapping-set'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { type StoredUserCopy, userCopies } from '../users/user-copy-store.ts'
import { mapUser, prepareRows, type RowWarning } from './map-user.ts'

type Preview = AdminAnswer<'previewMapping'>

/** Whom to look at: users by id, or so many that the IdP provisioned last. */
export type PreviewedUsers = { readonly users: readonly string[] } | { readonly sample: number }

/** What rows would give for real users (4.3): the field now, and as it would be. Nothing is saved. */
export async function previewMapping(
  mongo: Pick<Mongo, 'bound'>,
  instanceId: string,
  rows: readonly MappingRow[],
  whom: PreviewedUsers,
): Promise<Pick<Preview, 'items' | 'notManaged'>> {
  const found = mongo.bound(userCopies, instanceId)
  const copies =
    'users' in whom
      ? await found.find({ _id: { $in: [...whom.users] }, deleted: false })
      : await found.find({ deleted: false }, { sort: { _id: -1 }, limit: whom.sample })
  const known = new Set(copies.map(({ _id }) => _id))
  const prepared = prepareRows(rows)
  return {
    items: copies.map((copy) => previewOf(copy, prepared)),
    notManaged: 'users' in whom ? whom.users.filter((id) => !known.has(id)) : [],
  }
}

function previewOf(copy: StoredUserCopy, prepared: ReturnType<typeof prepareRows>): Preview['items'][number] {
  const { fields, warnings } = mapUser(prepared, copy.scim)
  const problemOf = (target: string, code: string) =>
    problem(warnings.find((one) => one.path === target && one.code === code))
  return {
    userId: copy._id,
    userName: String(copy.scim.userName ?? ''),
    rows: prepared.map(({ row: { id: rowId, target } }) => {
      const before = copy.fields?.[target] ?? null
      return {
        rowId,
        target,
        before,
        // A row that fails leaves its field.
        after: target in fields ? (fields[target] ?? null) : before,
        error: problemOf(target, 'mapping-row-failed'),
        warning: problemOf(target, 'source-many-values'),
      }
    }),
  }
}

function problem(warning: RowWarning | undefined): { code: string; detail: string } | null {
  return warning === undefined ? null : { code: warning.code, detail: warning.detail }
}
