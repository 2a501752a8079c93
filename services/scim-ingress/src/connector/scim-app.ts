import type { CursorSigner } from '@user-provisioning/auth/cursor'
import { Fault, isErrorCode } from '@user-provisioning/contracts/errors'
import type { RequestAnswered } from '@user-provisioning/contracts/ingress-facts'
import { createApp } from '@user-provisioning/http/app'
import type { Logger } from '@user-provisioning/runtime/logging'
import { type AnsweredRequest, newLogNotes, requestAnswered } from '../log/request-log.ts'
import { authenticated, belowTenantUrl, inTheTypeAskedFor, noted } from './admission.ts'
import type { Credentials } from './authentication.ts'
import { clientProfileOf } from './client-profile.ts'
import type { Identity } from './identity.ts'
import { inTurn } from './in-turn.ts'
import { scimRouter } from './scim-router.ts'
import type { ScimContext, ScimState } from './scim-state.ts'

export interface ScimAppOptions {
  readonly identity: Identity
  readonly cursors: CursorSigner
  readonly credentials: Credentials
  readonly publicUrl: string
  readonly log: Logger
  /** Told the log entry of each request once its answer is made; not waited for. */
  readonly onAnswered: (entry: RequestAnswered) => void
}

/** What IdPs talk to. */
export function scimApp({ identity, cursors, credentials, publicUrl, log, onAnswered }: ScimAppOptions) {
  const note = (ctx: ScimContext, answered: AnsweredRequest) =>
    onAnswered(
      requestAnswered(answered, {
        clientProfile: clientProfileOf(ctx.headers),
        idpRequestId: ctx.state.clientRequestId ?? null,
      }),
    )
  return createApp<ScimState>({
    log,
    form: 'scim',
    before: [noted, belowTenantUrl, inTheTypeAskedFor, authenticated(credentials, publicUrl), inTurn()],
    routes: scimRouter({ identity, cursors, instance: credentials.instance, log, onAnswered: note }),
    onAnswered: (ctx) => note(ctx, answeredBy(ctx)),
  })
}

function answeredBy(ctx: ScimContext): AnsweredRequest {
  const { correlationId, receivedAt, faultCode: code = '' } = ctx.state
  // An address that cannot be read is refused before anything is noted.
  const notes = ctx.state.notes ?? { ...newLogNotes(), error: new Fault(isErrorCode(code) ? code : 'internal-error') }
  return { id: correlationId, arrivedAt: receivedAt, method: ctx.method, status: ctx.status, notes }
}
