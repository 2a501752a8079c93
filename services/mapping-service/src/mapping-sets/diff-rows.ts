import type { DryRunDiff } from '@user-provisioning/contracts/admin/route'
import type { MappingRow } from '@user-provisioning/contracts/mapping-set'
import { equalJson, type JsonValue } from '@user-provisioning/scim/json'

/** What changed from some rows to others: `rows/<id>` with the row before (null: it is new) and after (null: it is gone). */
export function diffRows(before: readonly MappingRow[], after: readonly MappingRow[]): DryRunDiff {
  const old = new Map(before.map((row) => [row.id, row]))
  const now = new Map(after.map((row) => [row.id, row]))
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((id) => {
    const one = json(old.get(id))
    const other = json(now.get(id))
    return equalJson(one, other) ? [] : [{ path: `rows/${id}`, old: one, new: other }]
  })
}

function json(row: MappingRow | undefined): JsonValue {
  return row === undefined ? null : ({ ...row } as unknown as JsonValue)
}
