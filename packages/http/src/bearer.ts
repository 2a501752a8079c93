import { Fault } from '@user-provisioning/contracts/errors'
import { countHeader, type RequestContext } from './request-context.ts'

/** A shorter one is none of ours, and may stand in any text by chance. */
export const shortestToken = 20

/**
 * The token of `Authorization: Bearer` (RFC 6750 section 2.1).
 * @throws Fault token-missing (none, or another scheme), token-invalid (malformed, or two Authorization headers),
 *   sensitive-in-url where it stands in the URL too (RFC 7644 section 7.5.2)
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
  if (token.length >= shortestToken && ctx.url.includes(token))
    throw new Fault('sensitive-in-url', { attribute: 'The token' })
  ctx.state.token = token
  return token
}
