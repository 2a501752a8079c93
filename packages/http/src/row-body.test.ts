import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ImportRow } from '@user-provisioning/contracts/admin/imports'
import { Fault } from '@user-provisioning/contracts/errors'
import { describe, expect, test } from 'vitest'
import type { RequestContext } from './request-context.ts'
import { rowsOfBody } from './row-body.ts'

/** What a server reads of a body. */
async function rows(type: string, body: string, limitBytes = 1_000_000): Promise<ImportRow[]> {
  const { promise, resolve, reject } = Promise.withResolvers<ImportRow[]>()
  promise.catch(() => undefined)
  const server = createServer((req, res) => {
    const read = async () => Array.fromAsync(rowsOfBody({ req } as RequestContext, limitBytes))
    read()
      .then(resolve, reject)
      .finally(() => res.end())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  try {
    await fetch(`http://127.0.0.1:${port}`, { method: 'POST', headers: { 'Content-Type': type }, body }).catch(() => {})
    return await promise
  } finally {
    server.close()
  }
}

describe('rows of NDJSON', () => {
  test('come with their lines; a bad one comes with its fault, and the next ones come', async () => {
    const body = '\uFEFF{"a":1}\r\n\n{"a":\n[1]\n{"a":"ø"}'
    expect(await rows('application/x-ndjson', body)).toEqual([
      { line: 1, row: { a: 1 } },
      { line: 3, row: { text: '{"a":' }, fault: expect.objectContaining({ code: 'wrong-type' }) },
      { line: 4, row: { text: '[1]' }, fault: expect.objectContaining({ code: 'wrong-type' }) },
      { line: 5, row: { a: 'ø' } },
    ])
  })

  test('that are too long are told, not kept', async () => {
    const body = `{"a":"${'x'.repeat(200_000)}"}\n{"a":1}\n`
    expect(await rows('application/x-ndjson', body)).toEqual([
      { line: 1, row: {}, fault: expect.objectContaining({ code: 'too-long' }) },
      { line: 2, row: { a: 1 } },
    ])
  })
})

describe('rows of CSV', () => {
  test('are members by their header, dotted ones deeper; an empty cell says nothing', async () => {
    const body = '\uFEFFuserName,fields.email,fields.office\r\nnora,"n,""o""@x",\r\nola,,Oslo\r\n'
    expect(await rows('text/csv; charset=utf-8', body)).toEqual([
      { line: 2, row: { userName: 'nora', fields: { email: 'n,"o"@x' } } },
      { line: 3, row: { userName: 'ola', fields: { office: 'Oslo' } } },
    ])
  })

  test('of another number of cells than the header are told; the next ones come', async () => {
    const found = await rows('text/csv', 'a,b\n1\n1,2,3\n4,5\n__proto__,6\n')
    expect(found.map(({ line, fault }) => [line, fault?.code])).toEqual([
      [2, 'wrong-type'],
      [3, 'wrong-type'],
      [4, undefined],
      [5, undefined],
    ])
  })
})

test('another type, and too many bytes, are refused', async () => {
  await expect(rows('application/json', '{}')).rejects.toMatchObject({ code: 'media-type-unsupported' })
  await expect(rows('text/csv', 'a\n1\n', 3)).rejects.toThrow(Fault)
})
