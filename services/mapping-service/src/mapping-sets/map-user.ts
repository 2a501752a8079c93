import type { Warning } from '@user-provisioning/contracts/actor'
import { describeFault } from '@user-provisioning/contracts/errors'
import type { Fields, OnNativeEdit } from '@user-provisioning/contracts/images'
import type { MappingRow } from '@user-provisioning/contracts/mapping-set'
import type { JsonObject } from '@user-provisioning/scim/json'
import type { MappingSet } from './mapping-set.ts'
import { type ReadSource, storedReaderOf, UnreadableSource } from './row-source.ts'

/** A row that gave no value, or had to choose: told with the row that it is about. */
export type RowWarning = Warning & { readonly path: string; readonly rowId: string }

/** What a mapping set gives for one user: a row that failed has a warning and no field. */
export interface MappedUser {
  readonly fields: Fields
  /** The row behind each field, that of a row that failed too. */
  readonly rows: Readonly<Record<string, string>>
  /** By field, where its row says something else than `idp-wins`. */
  readonly onNativeEdit: Readonly<Record<string, OnNativeEdit>>
  readonly warnings: readonly RowWarning[]
}

/** Rows made ready for many users. */
export type PreparedRows = readonly { readonly row: MappingRow; readonly read: ReadSource }[]

/** @param rows those that are read-only are not mapping's to apply and are left out */
export function prepareRows(rows: readonly MappingRow[]): PreparedRows {
  return rows.filter((row) => !row.readOnly).map((row) => ({ row, read: storedReaderOf(row.source) }))
}

/**
 * Applies rows to a user's SCIM tree. Each gives its field a text, or null where the user has no such attribute (which
 * clears the field, PRODUCT.md 3.8); one that fails leaves its field out (4.6).
 */
export function mapUser(prepared: PreparedRows, scim: JsonObject): MappedUser {
  const fields: Fields = {}
  const rows: Record<string, string> = {}
  const onNativeEdit: Record<string, OnNativeEdit> = {}
  const warnings: RowWarning[] = []
  for (const { row, read } of prepared) {
    const { id: rowId, target } = row
    rows[target] = rowId
    if (row.onNativeEdit !== 'idp-wins') onNativeEdit[target] = row.onNativeEdit
    try {
      const { text, chosenOf } = read(scim)
      fields[target] = text
      if (chosenOf !== undefined) warnings.push(warningOf(row, 'source-many-values', { n: String(chosenOf) }))
    } catch (err) {
      if (!(err instanceof UnreadableSource)) throw err
      warnings.push(warningOf(row, 'mapping-row-failed', { target, why: err.message }))
    }
  }
  return { fields, rows, onNativeEdit, warnings }
}

function warningOf(
  { id: rowId, target: path }: MappingRow,
  code: 'source-many-values' | 'mapping-row-failed',
  slots: Readonly<Record<string, string>>,
): RowWarning {
  return { code, path, detail: describeFault({ code, slots: { target: path, ...slots } }).detail, rowId }
}

const mostPrepared = 500
const preparedSets = new Map<string, PreparedRows>()

/** An instance's rows, made ready once for each version; of the sets in use, the last few hundred are kept. */
export function preparedSet(instanceId: string, { version, rows }: MappingSet): PreparedRows {
  const key = version === 1 ? '1' : `${instanceId}/${version}`
  const known = preparedSets.get(key)
  if (known) return known
  if (preparedSets.size >= mostPrepared) preparedSets.delete(preparedSets.keys().next().value ?? '')
  const prepared = prepareRows(rows)
  preparedSets.set(key, prepared)
  return prepared
}
