import { Fault } from '@user-provisioning/contracts/errors'
import { groupBodyBytes, readJsonBody } from '@user-provisioning/http/body'
import { tellable } from '@user-provisioning/http/error-door'
import type { Logger } from '@user-provisioning/runtime/logging'
import { readBulkRequest } from '@user-provisioning/scim/bulk-request'
import { type BulkResult, presentBulkResponse } from '@user-provisioning/scim/bulk-response'
import { ScimError } from '@user-provisioning/scim/errors'
import { weakTag } from '@user-provisioning/scim/etag'
import { locationOf } from '@user-provisioning/scim/present'
import { addressOf } from '../connector/resource-presenter.ts'
import type { ScimContext, ScimHandler } from '../connector/scim-state.ts'
import { type AnsweredRequest, newLogNotes } from '../log/request-log.ts'
import { type BulkOutcome, carryOutBulk } from './carry-out-bulk.ts'
import type { ServedType } from './carry-out-operation.ts'

/** As ServiceProviderConfig announces them. */
export const bulkLimits = { maxOperations: 1_000, maxPayloadBytes: groupBodyBytes } as const

export interface BulkOptions {
  readonly served: readonly ServedType[]
  readonly log: Logger
  /** Told of each operation, which has a log entry of its own. */
  readonly onAnswered: (ctx: ScimContext, answered: AnsweredRequest) => void
}

/** `POST /Bulk` (RFC 7644 section 3.7). */
export function bulkHandler({ served, log, onAnswered }: BulkOptions): ScimHandler {
  return async (ctx) => {
    const { call } = ctx.state
    const bulk = readBulkRequest(await readBody(ctx), bulkLimits.maxOperations)
    const outcomes = await carryOutBulk(bulk, {
      served,
      inTurn: ctx.state.inParts(),
      open: (n) => ({
        call: { ...call, requestId: `${call.requestId}/${n}`, arrivedAt: Date.now() },
        notes: { ...newLogNotes(), caller: call.caller },
      }),
      tell: (err, { call: { requestId } }) => tellable(err, { correlationId: requestId }, log),
      onAnswered({ request, status }, method) {
        const { requestId: id, arrivedAt } = request.call
        onAnswered(ctx, { id, arrivedAt, method, status, notes: request.notes })
      },
    })
    ctx.body = presentBulkResponse(outcomes.map((outcome) => resultOf(outcome, ctx)))
  }
}

async function readBody(ctx: ScimContext) {
  try {
    return await readJsonBody(ctx, { limitBytes: bulkLimits.maxPayloadBytes })
  } catch (err) {
    if (!(err instanceof Fault) || err.code !== 'body-too-large') throw err
    throw new ScimError('bulk-too-large', { limit: `maxPayloadSize ${bulkLimits.maxPayloadBytes}` })
  }
}

function resultOf({ operation, request, target, status, resource, fault }: BulkOutcome, ctx: ScimContext): BulkResult {
  const { method, bulkId, type, path } = operation
  const { form, instanceId, tenantUrl } = ctx.state
  const { requestId: correlationId } = request.call
  const location = () => {
    if (resource !== null) return addressOf(resource, tenantUrl)
    if (method === 'POST') return null
    if (type !== null && target !== null) return locationOf(tenantUrl, type, target)
    return path === null ? null : `${tenantUrl}/${path.replace(/^\/+/, '')}`
  }
  return {
    method,
    bulkId,
    location: location(),
    version: resource && weakTag(resource.scimVersion),
    status,
    error: fault && form.presentFault(fault, status, { correlationId, instanceId }),
  }
}
