import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream'
import type { ImportRow } from '@user-provisioning/contracts/admin/imports'
import { Fault } from '@user-provisioning/contracts/errors'
import { ScimError } from '@user-provisioning/scim/errors'
import { isJsonObject, type JsonObject, parseJson } from '@user-provisioning/scim/json'
import { CsvError, parse } from 'csv-parse'
import { bodyTooLarge } from './body.ts'
import type { RequestContext } from './request-context.ts'

/** A row is one user, group or object. */
const longestRowBytes = 64 * 1024

const mediaTypes = ['application/x-ndjson', 'text/csv'] as const

/**
 * The rows of a request's body, one after the other as they come in: NDJSON, or CSV with a header row of member names (dotted
 * for what lies deeper). One that cannot be read comes with its fault, and stops nobody else.
 * @throws Fault media-type-unsupported, body-too-large, body-not-json where it breaks off
 */
export function rowsOfBody(ctx: RequestContext, limitBytes: number): AsyncGenerator<ImportRow> {
  const { headers } = ctx.req
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? ''
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  const types = mediaTypes.join(' or ')
  if (encoding !== 'identity') throw new Fault('media-type-unsupported', { type: encoding, types })
  if (Number(headers['content-length'] ?? 0) > limitBytes) throw bodyTooLarge(limitBytes)
  if (type === 'text/csv') return csvRows(chunksOf(ctx.req, limitBytes))
  if (type === 'application/x-ndjson') return ndjsonRows(chunksOf(ctx.req, limitBytes))
  throw new Fault('media-type-unsupported', { type: type.slice(0, 100) || 'A body of no type', types })
}

async function* chunksOf(req: IncomingMessage, limitBytes: number): AsyncGenerator<Buffer> {
  let size = 0
  try {
    for await (const chunk of req as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > limitBytes) throw bodyTooLarge(limitBytes)
      yield chunk
    }
  } catch (err) {
    throw err instanceof Fault ? err : new Fault('body-not-json', { where: 'it broke off' })
  }
}

const newline = 0x0a

async function* ndjsonRows(chunks: AsyncIterable<Buffer>): AsyncGenerator<ImportRow> {
  let line = 0
  let begun: Buffer = Buffer.alloc(0)
  let isTooLong = false
  function* ended(bytes: Buffer): Generator<ImportRow> {
    line++
    if (isTooLong) yield tooLong(line)
    else {
      const text = bytes.toString('utf8').replace(/\r$/, '')
      if (text.trim() !== '') yield jsonRow(line, line === 1 ? text.replace(/^\uFEFF/, '') : text)
    }
    isTooLong = false
  }
  for await (const chunk of chunks) {
    let from = 0
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      yield* ended(begun.length === 0 ? chunk.subarray(from, at) : Buffer.concat([begun, chunk.subarray(from, at)]))
      begun = Buffer.alloc(0)
      from = at + 1
    }
    if (from === chunk.length) continue
    begun = Buffer.concat([begun, chunk.subarray(from)])
    // What is too long is not kept: the line's end is waited for.
    if (begun.length > longestRowBytes) {
      isTooLong = true
      begun = Buffer.alloc(0)
    }
  }
  if (begun.length > 0 || isTooLong) yield* ended(begun)
}

function jsonRow(line: number, text: string): ImportRow {
  const unreadable = (detail: string): ImportRow => ({
    line,
    row: { text: text.slice(0, 1_000) },
    fault: { pointer: '', code: 'wrong-type', detail },
  })
  if (Buffer.byteLength(text) > longestRowBytes) return tooLong(line)
  try {
    const row = parseJson(text)
    return isJsonObject(row) ? { line, row } : unreadable('The line is not a JSON object.')
  } catch (err) {
    if (!(err instanceof ScimError)) throw err
    return unreadable('The line is not a JSON object.')
  }
}

function tooLong(line: number): ImportRow {
  const detail = `A row has at most ${longestRowBytes / 1024} kB.`
  return { line, row: {}, fault: { pointer: '', code: 'too-long', detail } }
}

async function* csvRows(chunks: AsyncIterable<Buffer>): AsyncGenerator<ImportRow> {
  const skipped: ImportRow[] = []
  const parser = parse({
    bom: true,
    columns: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: longestRowBytes,
    on_skip(err, raw) {
      const line = err instanceof CsvError && typeof err.lines === 'number' ? Math.max(1, err.lines) : 1
      const detail = 'The line is not CSV as RFC 4180 has it.'
      const fault = { pointer: '', code: 'wrong-type', detail }
      skipped.push({ line, row: { text: String(raw ?? '').slice(0, 1_000) }, fault })
    },
  })
  // What breaks off its source breaks it off, too: whoever reads it is told.
  pipeline(chunks, parser, () => undefined)
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: Record<string, string>
      info: { lines: number; columns: readonly { name: string }[]; error?: CsvError }
    }>) {
      yield* skipped.splice(0)
      const cells = Object.keys(record).length
      const width = info.columns.length
      if (info.error !== undefined || cells !== width) {
        const detail = `The header has ${width} columns, this row has another number.`
        yield { line: info.lines, row: { ...record }, fault: { pointer: '', code: 'wrong-type', detail } }
      } else yield { line: info.lines, row: nested(record) }
    }
  } catch (err) {
    if (!(err instanceof CsvError)) throw err
    throw new Fault('body-not-json', { where: `it is not CSV: ${err.message.slice(0, 200)}` })
  }
  yield* skipped
}

/** `{"fields.email": "a"}` as `{"fields": {"email": "a"}}`. An empty cell says nothing. */
function nested(record: Readonly<Record<string, string>>): JsonObject {
  const row: JsonObject = {}
  for (const [name, value] of Object.entries(record)) {
    if (value === '') continue
    const steps = name.trim().split('.')
    const last = steps.pop() ?? ''
    let at = row
    for (const step of steps) {
      const next = Object.hasOwn(at, step) ? at[step] : undefined
      const inner: JsonObject = isJsonObject(next) ? next : {}
      define(at, step, inner)
      at = inner
    }
    define(at, last, value)
  }
  return row
}

/** A column may be called `__proto__`. */
function define(target: JsonObject, name: string, value: JsonObject | string): void {
  Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true })
}
