import type { SentRow } from '@user-provisioning/contracts/admin/mapping-sets'
import { Fault } from '@user-provisioning/contracts/errors'
import { mappableFields } from '@user-provisioning/contracts/fields'
import { defaultMappingRows } from '@user-provisioning/contracts/mapping-set'
import { describe, expect, test } from 'vitest'
import { checkedRows } from './check-rows.ts'

const targets = mappableFields([
  { name: 'berth', label: 'Berth', type: 'text' },
  { name: 'hiredOn', label: 'Hired on', type: 'date' },
])

function row(target: string, source: SentRow['source'] = { path: 'title' }, more: Partial<SentRow> = {}): SentRow {
  return { source, target, readOnly: false, onNativeEdit: 'idp-wins', ...more }
}

let minted = 0
const newId = () => `new-${++minted}`
const check = (rows: readonly SentRow[], whole = true) => checkedRows(rows, { targets, whole, newId })

function faultsOf(rows: readonly SentRow[], whole = true) {
  try {
    check(rows, whole)
  } catch (err) {
    if (err instanceof Fault) return err.items
    throw err
  }
  return []
}

const fixed = defaultMappingRows.filter(({ readOnly }) => readOnly)

describe('rows of a save', () => {
  test('are taken, a custom text field as a target among them, and a new one gets an id', () => {
    expect(check([...defaultMappingRows, row('berth')]).at(-1)).toMatchObject({
      id: expect.stringMatching(/^new-/),
      target: 'berth',
    })
  })

  test.each([
    ['changed', [{ ...(fixed[0] as SentRow), source: { path: 'displayName' } }, ...fixed.slice(1)], '/rows/0'],
    ['left out', fixed.slice(1), '/rows'],
    ['given to another row', [...fixed, row('userName')], '/rows/3'],
    ['writable', [...fixed.slice(0, 2), { ...(fixed[2] as SentRow), readOnly: false }], '/rows/2'],
    ['made of another row', [...fixed, row('office', { path: 'title' }, { readOnly: true })], '/rows/3'],
  ])('are refused with a read-only row %s (4.1)', (_, rows, pointer) => {
    expect(faultsOf(rows)).toEqual([expect.objectContaining({ pointer, code: 'mapping-row-read-only' })])
  })

  test('are refused for a target that is no text field or stands twice, with those that are free (4.2)', () => {
    const faults = faultsOf([...fixed, row('office'), row('office', { path: 'nickName' }), row('hiredOn'), row('shoe')])
    expect(faults.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/rows/4/target', 'mapping-target-refused'],
      ['/rows/5/target', 'mapping-target-refused'],
      ['/rows/6/target', 'mapping-target-refused'],
    ])
    expect(faults[1]?.allowed).toContain('berth')
    expect(faults[1]?.allowed).not.toContain('office')
    expect(faults[1]?.allowed).not.toContain('hiredOn')
  })

  test('are refused for sources that cannot be read, all at once, with the place (4.3)', () => {
    const faults = faultsOf([
      ...fixed,
      row('office', { expression: 'user.titel' }),
      row('nickname', { path: 'emails[type eq "work"' }),
      row('company', { path: 'shoeSize' }),
      row('department', { path: 'title', otherwise: ['nickName', 'urn:'] }),
      row('country', { expression: 'user.title + (' }),
    ])
    expect(faults).toEqual([
      expect.objectContaining({ pointer: '/rows/3/source/expression', code: 'expression-invalid', position: 5 }),
      expect.objectContaining({ pointer: '/rows/4/source/path', code: 'path-invalid', position: expect.any(Number) }),
      expect.objectContaining({ pointer: '/rows/5/source/path', code: 'path-no-target' }),
      expect.objectContaining({ pointer: '/rows/6/source/otherwise/1' }),
      expect.objectContaining({ pointer: '/rows/7/source/expression', code: 'expression-invalid' }),
    ])
  })

  test('are refused with two of one id', () => {
    expect(faultsOf([...fixed, row('office', { path: 'title' }, { id: 'user-name' })])[0]).toMatchObject({
      pointer: '/rows/3/id',
      code: 'duplicate',
    })
  })
})

test('rows of a preview may be any, without the read-only ones', () => {
  expect(faultsOf([row('office')], false)).toEqual([])
})
