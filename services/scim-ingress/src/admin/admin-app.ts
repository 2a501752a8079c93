import type { AccessTokenRecord } from '@user-provisioning/contracts/states'
import { createApp } from '@user-provisioning/http/app'
import { readBearerToken } from '@user-provisioning/http/bearer'
import type { Logger } from '@user-provisioning/runtime/logging'
import { type AdminDependencies, type AdminState, adminRouter } from './admin-router.ts'
import { recognise } from './principal.ts'

export interface AdminAppOptions extends AdminDependencies {
  /** The record of an access token, found by its hash. */
  readonly tokenOf: (token: string) => AccessTokenRecord | undefined
  readonly log: Logger
  readonly onAnswered: (method: string, status: number, durationMs: number) => void
}

/** What the console, provctl and admins talk to. */
export function adminApp({ tokenOf, log, onAnswered, ...dependencies }: AdminAppOptions) {
  return createApp<AdminState>({
    log,
    form: 'problem',
    before: [
      async function recognised(ctx, next) {
        ctx.state.principal = recognise(readBearerToken(ctx), tokenOf)
        return next()
      },
    ],
    routes: adminRouter(dependencies),
    onAnswered: (ctx) => onAnswered(ctx.method, ctx.status, Math.max(0, Date.now() - ctx.state.receivedAt)),
  })
}
