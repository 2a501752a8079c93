import { Fault } from '@user-provisioning/contracts/errors'
import { countHeader, type Middleware } from './request-context.ts'

/** A request says once for whom it is (RFC 9112 section 3.2): two servers on its way may have read two names differently. */
export const refuseAmbiguousHost: Middleware = async function refuseAmbiguousHost(ctx, next) {
  const hosts = countHeader(ctx.req, 'host')
  if (hosts > 1) throw new Fault('request-malformed', { why: 'there is more than one Host header' })
  if (hosts === 0 && ctx.req.httpVersion !== '1.0') {
    throw new Fault('request-malformed', { why: 'the Host header is missing' })
  }
  return next()
}
