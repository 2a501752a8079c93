import { pipeline, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { constants, createGzip, gzip } from 'node:zlib'
import type { Middleware } from './request-context.ts'

const compress = promisify(gzip)

/** Below it the time that compressing takes is worth more than the bytes. */
const leastBytes = 4 * 1024

/** JSON that repeats its names shrinks to a tenth even so. */
const options = { level: constants.Z_BEST_SPEED }

/**
 * Large answers go out as gzip to those who take it (RFC 9110 section 12.5.3). A streamed one is compressed as it comes; if it
 * breaks, so does the connection.
 */
export const compressed: Middleware = async function compressed(ctx, next) {
  await next()
  const body: unknown = ctx.body
  const stream = body instanceof Readable && ctx.method !== 'HEAD' ? body : undefined
  // Each event is to arrive when it happens.
  if (ctx.type === 'text/event-stream') return
  const text = typeof body === 'string' ? body : ''
  if (stream === undefined && text === '') return
  ctx.vary('Accept-Encoding')
  if (stream === undefined && Buffer.byteLength(text) < leastBytes) return
  if (ctx.acceptsEncodings('gzip', 'identity') !== 'gzip') return
  ctx.body = stream ? pipeline(stream, createGzip(options), () => undefined) : await compress(text, options)
  ctx.set('Content-Encoding', 'gzip')
}
