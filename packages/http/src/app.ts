import { Router } from '@koa/router'
import Koa from 'koa'
import type { Logger } from 'pino'
import type { AnswerForm } from './answer-form.ts'
import { compressed } from './compression.ts'
import { errorDoor } from './error-door.ts'
import { refuseBrokenPath, refuseNotRouted } from './not-routed.ts'
import { refuseAmbiguousHost } from './one-host.ts'
import { problemForm } from './problem-form.ts'
import { type Middleware, type RequestContext, type RequestState, requestContext } from './request-context.ts'
import { scimForm } from './scim-form.ts'
import { lingerOverUnreadBody } from './unread-body.ts'

/** How each API words its bodies. */
export const forms: Readonly<Record<'scim' | 'problem', AnswerForm>> = { scim: scimForm, problem: problemForm }

export interface AppOptions<State extends RequestState> {
  readonly log: Logger
  /** How errors and bodies are worded: SCIM's Error message, or problem+json. */
  readonly form: 'scim' | 'problem'
  readonly routes: Router<State> | readonly Router<State>[]
  /** What all routes share, inside the error door and before them: authentication, limits. */
  readonly before?: readonly Middleware<State>[]
  /** Called once an answer is made, also a refused one; must not throw and is not waited for. */
  readonly onAnswered?: (ctx: RequestContext<State>) => void
}

/** An HTTP API. The order below is what happens to a request, from the outside in. */
export function createApp<State extends RequestState = RequestState>(options: AppOptions<State>): Koa<State> {
  const { log, form, onAnswered } = options
  const app = new Koa<State>({ env: 'production' })

  app.use(lingerOverUnreadBody)
  app.use(compressed)
  app.use(requestContext(forms[form]))
  if (onAnswered !== undefined) app.use(answered(onAnswered, log))
  app.use(errorDoor(log))
  app.use(refuseAmbiguousHost)
  app.use(refuseBrokenPath)
  for (const middleware of options.before ?? []) app.use(middleware)
  for (const router of [options.routes].flat()) app.use(router.routes())
  app.use(refuseNotRouted)

  // Only what breaks after an answer has begun comes here; a client that went away is the usual reason.
  app.on('error', (err: unknown) => log.debug({ err }, 'An answer could not be finished'))
  return app
}

/** A router whose routes know `RequestState`. */
export function createRouter<State extends RequestState = RequestState>(
  options: { prefix?: string } = {},
): Router<State> {
  return new Router<State>(options)
}

function answered<State extends RequestState>(
  onAnswered: (ctx: RequestContext<State>) => void,
  log: Logger,
): Middleware<State> {
  return async function tellAnswered(ctx, next) {
    await next()
    try {
      onAnswered(ctx)
    } catch (err) {
      log.error({ err }, 'An answer could not be noted')
    }
  }
}
