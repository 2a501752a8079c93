import type { ImportPart, ImportRow } from '@user-provisioning/contracts/admin/imports'
import { expect, test } from 'vitest'
import { sendInParts } from './import-file.ts'

async function partsOf(rows: Iterable<ImportRow>): Promise<ImportPart[]> {
  const sent: ImportPart[] = []
  async function* coming() {
    yield* rows
  }
  await sendInParts(coming(), async (part) => void sent.push(part))
  return sent
}

const row = (line: number, text = 'x'): ImportRow => ({ line, row: { text } })

test('a file goes in parts of 1,000 rows, the last of which says so; cut the same way each time', async () => {
  const rows = Array.from({ length: 2_500 }, (_, n) => row(n + 1))
  const parts = await partsOf(rows)
  expect(parts.map(({ part, isLast, rows: { length } }) => [part, isLast, length])).toEqual([
    [0, false, 1_000],
    [1, false, 1_000],
    [2, true, 500],
  ])
  expect(await partsOf(rows)).toEqual(parts)
})

test('a part of large rows is no larger than a message; an empty file is one part without rows', async () => {
  const parts = await partsOf(Array.from({ length: 40 }, (_, n) => row(n + 1, 'x'.repeat(60_000))))
  expect(parts.map(({ rows }) => rows.length)).toEqual([17, 17, 6])
  expect(await partsOf([])).toEqual([{ part: 0, isLast: true, rows: [] }])
})
