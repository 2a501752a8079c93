import { Fault } from '@user-provisioning/contracts/errors'
import type { Middleware } from './request-context.ts'

interface MatchedLayer {
  readonly methods: readonly string[]
}

/** After all routes: an address that exists answers another method with 405 and `Allow`, one that does not with 404. */
export const refuseNotRouted: Middleware = async function refuseNotRouted(ctx) {
  const methods = new Set<string>()
  for (const layer of (ctx.matched as readonly MatchedLayer[] | undefined) ?? []) {
    for (const method of layer.methods) methods.add(method)
  }
  if (methods.size === 0) throw new Fault('route-not-found')
  throw new Fault('method-not-allowed', { method: ctx.method, allow: [...methods].sort().join(', ') })
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
