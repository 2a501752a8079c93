import type { Warning } from '@user-provisioning/contracts/actor'
import { describeFault } from '@user-provisioning/contracts/errors'
import type { Fields } from '@user-provisioning/contracts/images'
import type { JsonObject } from '@user-provisioning/scim/json'
import type { MappingRow, MappingSet } from './mapping-set.ts'
import { type ReadSource, readerOf, UnreadableSource } from './row-source.ts'

/** What a mapping set gives for one user: a row that failed has a warning and no field. */
export interface MappedUser {
  readonly fields: Fields
  /** The row behind each field. */
  readonly rows: Readonly<Record<string, string>>
  readonly warnings: readonly Warning[]
}

const prepared = new WeakMap<MappingSet, readonly { row: MappingRow; read: ReadSource }[]>()

/**
 * Applies a mapping set to a user's SCIM tree. Every row that is not read-only gives its field a text, or null where the
 * user has no such attribute (which clears the field, PRODUCT.md 3.8); one that fails leaves its field out (4.6).
 */
export function mapUser(set: MappingSet, scim: JsonObject): MappedUser {
  const fields: Fields = {}
  const rows: Record<string, string> = {}
  const warnings: Warning[] = []
  for (const { row, read } of preparedRows(set)) {
    try {
      fields[row.target] = read(scim)
      rows[row.target] = row.id
    } catch (err) {
      if (!(err instanceof UnreadableSource)) throw err
      const { detail } = describeFault({
        code: 'mapping-row-failed',
        slots: { target: row.target, why: err.message },
      })
      warnings.push({ code: 'mapping-row-failed', path: row.target, detail })
    }
  }
  return { fields, rows, warnings }
}

function preparedRows(set: MappingSet) {
  const known = prepared.get(set)
  if (known) return known
  const rows = set.rows.filter((row) => !row.readOnly).map((row) => ({ row, read: readerOf(row.source) }))
  prepared.set(set, rows)
  return rows
}
