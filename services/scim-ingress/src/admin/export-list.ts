import { stringify } from 'csv-stringify/sync'
import { z } from 'zod'

type Row = Readonly<Record<string, unknown>>

export interface ListPage {
  readonly items: readonly Row[]
  /** Signed, as a client has it. */
  readonly next: string | null
}

/**
 * A whole list as NDJSON, page by page as the client takes it. The last line says how many rows there were, so that half a
 * list is never taken for the whole; `after` is where what comes later begins, where the list has such a place.
 */
export async function* ndjson(pages: AsyncIterable<ListPage>): AsyncGenerator<string> {
  let rows = 0
  let after: string | null = null
  for await (const { items, next } of pages) {
    rows += items.length
    after = next ?? after
    if (items.length > 0) yield `${items.map((item) => JSON.stringify(item)).join('\n')}\n`
  }
  yield `${JSON.stringify({ end: { rows, after } })}\n`
}

/**
 * A whole list as CSV (RFC 4180) with a header row: columns are the members' dotted names; a cell that a spreadsheet would take
 * for a formula has a leading `'`.
 * @param answer the list's schema, which says the columns; where rows have members of their own, the first page does
 */
export async function* csv(pages: AsyncIterable<ListPage>, answer: z.ZodType): AsyncGenerator<string> {
  let columns = columnsOf(answer)
  let isFirst = true
  for await (const { items } of pages) {
    const rows = items.map((item) => cellsOf(item, columns))
    if (isFirst && columns.length === 0) columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
    if (!isFirst && rows.length === 0) continue
    const options = { columns, header: isFirst, escape_formulas: true, record_delimiter: '\r\n' }
    yield stringify(rows, options)
    isFirst = false
  }
}

/** The dotted names of an item's members; none where the item may have any. */
function columnsOf(answer: z.ZodType): string[] {
  const items = answer instanceof z.ZodObject ? answer.shape.items : undefined
  return items instanceof z.ZodArray ? namesIn(items.element as z.ZodType, '') : []
}

function namesIn(schema: z.ZodType, name: string): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    return namesIn(schema.unwrap() as z.ZodType, name)
  }
  if (!(schema instanceof z.ZodObject)) return name === '' ? [] : [name]
  return Object.entries<z.ZodType>(schema.shape).flatMap(([member, inner]) =>
    namesIn(inner, name === '' ? member : `${name}.${member}`),
  )
}

/** Cells by dotted name. What is no column of its own stands in its cell as JSON. */
function cellsOf(item: Row, columns: readonly string[], prefix = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(item).flatMap(([member, value]) => {
      const name = `${prefix}${member}`
      const isLeaf = columns.includes(name) || typeof value !== 'object' || value === null || Array.isArray(value)
      return isLeaf ? [[name, textOf(value)]] : Object.entries(cellsOf(value as Row, columns, `${name}.`))
    }),
  )
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
