import { Fault } from '@user-provisioning/contracts/errors'
import type { Middleware } from './request-context.ts'

interface MatchedLayer {
  readonly methods: readonly string[]
  readonly paramNames: readonly unknown[]
}

/**
 * After all routes: an address that exists says its methods in `Allow`, to OPTIONS with 204, to another method with 405
 * (RFC 9110 section 9.3.7); one that does not is 404. An address in so many words (`/Users/.search`) is not one with a
 * parameter (`/Users/{id}`).
 */
export const refuseNotRouted: Middleware = async function refuseNotRouted(ctx) {
  const matched = (ctx.matched as readonly MatchedLayer[] | undefined) ?? []
  if (matched.length === 0) throw new Fault('route-not-found')
  const literal = matched.filter(({ paramNames }) => paramNames.length === 0)
  const layers = literal.length > 0 ? literal : matched
  const allow = [...new Set(['OPTIONS', ...layers.flatMap(({ methods }) => methods)])].sort().join(', ')
  if (ctx.method !== 'OPTIONS') throw new Fault('method-not-allowed', { method: ctx.method, allow })
  ctx.set('Allow', allow)
  ctx.status = 204
}

/** An address whose percent-encoding is broken is no address. */
export const refuseBrokenPath: Middleware = async function refuseBrokenPath(ctx, next) {
  if (ctx.path.includes('%')) {
    try {
      decodeURIComponent(ctx.path)
    } catch {
      throw new Fault('route-not-found', {}, { internal: 'the percent-encoding of the path is broken' })
    }
  }
  return next()
}
