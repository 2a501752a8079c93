import { isDeepStrictEqual } from 'node:util'
import type { SentRow } from '@user-provisioning/contracts/admin/mapping-sets'
import { describeFault, Fault, type ItemFault } from '@user-provisioning/contracts/errors'
import { defaultMappingRows, type MappingRow, type RowSource } from '@user-provisioning/contracts/mapping-set'
import { ScimError } from '@user-provisioning/scim/errors'
import { readerOf, UnreadableSource } from './row-source.ts'

const fixedRows = defaultMappingRows.filter(({ readOnly }) => readOnly)

/**
 * The rows of a save, each with an id (4.1, 4.2).
 * @param options.targets the fields that a row may write
 * @param options.whole whether the read-only rows have to be there: a save replaces the set, a preview only tries rows
 * @throws Fault validation-failed with every fault at once: a read-only row changed or taken away, a target that is no text
 * field or stands twice, a path or expression that cannot be read
 */
export function checkedRows(
  rows: readonly SentRow[],
  options: { readonly targets: readonly string[]; readonly whole: boolean; readonly newId: () => string },
): MappingRow[] {
  const { targets, whole, newId } = options
  const items: ItemFault[] = []
  const ids = new Set<string>()
  const mapped = new Set<string>()
  const checked: MappingRow[] = []
  for (const [n, sent] of rows.entries()) {
    const pointer = `/rows/${n}`
    const row: MappingRow = { ...sent, id: sent.id ?? newId() }
    if (ids.has(row.id)) items.push({ pointer: `${pointer}/id`, code: 'duplicate', detail: `${row.id} stands twice.` })
    ids.add(row.id)
    const fixed = fixedRows.find(({ id, target }) => id === row.id || target === row.target)
    if (fixed !== undefined || row.readOnly) {
      if (fixed === undefined || !isDeepStrictEqual(fixed, row))
        items.push(faultItem(pointer, new Fault('mapping-row-read-only')))
    } else {
      if (!targets.includes(row.target) || mapped.has(row.target)) {
        const allowed = targets.filter((target) => !mapped.has(target))
        items.push({ ...faultItem(`${pointer}/target`, refusedTarget(row.target)), allowed })
      }
      items.push(...faultsOfSource(row.source, `${pointer}/source`))
    }
    mapped.add(row.target)
    checked.push(row)
  }
  if (whole && fixedRows.some(({ id }) => !ids.has(id))) {
    items.push(faultItem('/rows', new Fault('mapping-row-read-only')))
  }
  if (items.length > 0) throw new Fault('validation-failed', { n: String(items.length) }, { items })
  return checked
}

function refusedTarget(field: string): Fault {
  return new Fault('mapping-target-refused', { field })
}

function faultsOfSource(source: RowSource, pointer: string): ItemFault[] {
  if ('expression' in source) return faultOfReading(source, `${pointer}/expression`)
  const [first, ...otherwise] = [source.path, ...(source.otherwise ?? [])]
  return [
    ...faultOfReading({ path: first }, `${pointer}/path`),
    ...otherwise.flatMap((path, n) => faultOfReading({ path }, `${pointer}/otherwise/${n}`)),
  ]
}

function faultOfReading(source: RowSource, pointer: string): ItemFault[] {
  try {
    readerOf(source)
    return []
  } catch (err) {
    if (err instanceof Fault) return [{ ...faultItem(pointer, err), position: Number(err.slots.position) }]
    if (err instanceof ScimError) {
      return [{ pointer, code: err.code, detail: err.message, position: Number(err.slots.position) }]
    }
    if (err instanceof UnreadableSource) return [{ pointer, code: 'path-no-target', detail: `${err.message}.` }]
    throw err
  }
}

function faultItem(pointer: string, fault: Fault): ItemFault {
  return { pointer, code: fault.code, detail: describeFault(fault).detail }
}
