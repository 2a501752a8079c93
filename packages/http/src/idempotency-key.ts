import { createHash } from 'node:crypto'
import { Fault } from '@user-provisioning/contracts/errors'
import { countHeader, type RequestContext } from './request-context.ts'

/**
 * The Idempotency-Key of a request, without its quotes; undefined where there is none.
 * @throws Fault parameter-invalid unless it is 8 to 128 visible characters, sent once
 */
export function readIdempotencyKey(ctx: RequestContext): string | undefined {
  const sent = countHeader(ctx.req, 'idempotency-key')
  if (sent === 0) return undefined
  const header = ctx.get('Idempotency-Key').trim()
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header
  if (sent > 1 || !/^[\x21-\x7e]{8,128}$/.test(key)) {
    throw new Fault('parameter-invalid', {
      name: 'Idempotency-Key',
      why: 'it has 8 to 128 visible characters and is sent once',
    })
  }
  return key
}

/** The request id that a principal's key stands for: a UUID version 8 (RFC 9562 section 5.8) from their hash, the same each time. */
export function idempotentRequestId(principalId: string, key: string): string {
  const bytes = createHash('sha256').update(principalId).update('\0').update(key).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** What makes a request the same request: its method, path, query and body. SHA-256, base64url. */
export function requestFingerprint(request: { method: string; path: string; query: string; body: unknown }): string {
  const { method, path, query, body } = request
  return createHash('sha256')
    .update(JSON.stringify([method, path, query, body ?? null]))
    .digest('base64url')
}
