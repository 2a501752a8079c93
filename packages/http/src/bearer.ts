import { Fault } from '@user-provisioning/contracts/errors'
import { countHeader, type RequestContext } from './request-context.ts'

/**
 * The token of `Authorization: Bearer` (RFC 6750 section 2.1).
 * @throws Fault token-missing (none, or another scheme), token-invalid (malformed, or two Authorization headers)
 */
export function readBearerToken(ctx: RequestContext): string {
  const header = ctx.req.headers.authorization
  if (header === undefined || header.trim() === '') throw new Fault('token-missing')
  if (countHeader(ctx.req, 'authorization') > 1) {
    throw new Fault('token-invalid', {}, { internal: 'more than one Authorization header' })
  }
  const [scheme = '', token = '', ...rest] = header.trim().split(/ +/)
  if (scheme.toLowerCase() !== 'bearer')
    throw new Fault('token-missing', {}, { internal: 'another scheme than Bearer' })
  if (token === '') throw new Fault('token-missing')
  if (rest.length > 0 || !/^[A-Za-z0-9\-._~+/]+=*$/.test(token))
    throw new Fault('token-invalid', {}, { internal: 'malformed' })
  return token
}
