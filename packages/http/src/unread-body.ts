import type { Middleware } from './request-context.ts'

const readableByNodeBytes = 64 * 1024
const lingerMs = 5_000
const lingerBytes = 32 * 1024 * 1024

/**
 * Answers that are given before the body was read (413, 401 ...) reach the client although it is still sending: the answer
 * is written whole, what comes in is thrown away for a while, then the connection is closed. Closing at once would
 * reset it, and many clients would then report a broken connection instead of the answer (RFC 9112 section 9.6).
 */
export const lingerOverUnreadBody: Middleware = async function lingerOverUnreadBody(ctx, next) {
  await next()
  const { req, res } = ctx
  if (req.complete || req.destroyed || res.headersSent) return
  const length = Number(
    req.headers['content-length'] ?? (req.headers['transfer-encoding'] === undefined ? 0 : Infinity),
  )
  // Node itself throws away what is left of a small body and keeps the connection.
  if (length <= readableByNodeBytes) return
  const body =
    typeof ctx.body === 'string' ? Buffer.from(ctx.body) : Buffer.isBuffer(ctx.body) ? ctx.body : Buffer.alloc(0)
  ctx.respond = false
  res.statusCode = ctx.status
  res.setHeader('connection', 'close')
  res.setHeader('content-length', body.length)
  if (body.length > 0) res.write(body)
  else res.flushHeaders()

  let left = lingerBytes
  const finish = () => {
    clearTimeout(timer)
    res.end()
  }
  const timer = setTimeout(finish, lingerMs)
  req.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) finish()
  })
  req.once('end', finish)
  req.once('error', finish)
  req.once('close', finish)
  req.resume()
}
