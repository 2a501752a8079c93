import type { AdminRoute } from '@user-provisioning/contracts/admin/route'
import { Fault } from '@user-provisioning/contracts/errors'
import { acceptedType } from '@user-provisioning/http/accept'
import type { RequestContext } from '@user-provisioning/http/request-context'
import { z } from 'zod'

/** The four forms of a list, same URL, same filters: by `?format=`, else by `Accept`. */
const mediaTypes = {
  json: 'application/json',
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  events: 'text/event-stream',
} as const
export type ListForm = keyof typeof mediaTypes

/** The forms that a route has; JSON is always one. */
function formsOf({ exports, events }: AdminRoute): ListForm[] {
  return ['json', ...(exports ? (['csv', 'ndjson'] as const) : []), ...(events ? (['events'] as const) : [])]
}

/** What a route with several forms may be asked for in its query, beside its own parameters. */
export function formParameter(route: AdminRoute): Record<string, z.ZodType> {
  const forms = formsOf(route)
  return forms.length === 1 ? {} : { format: z.enum(forms).optional() }
}

/**
 * The form in which a request would have its answer.
 * @throws Fault not-acceptable
 */
export function formAskedFor(ctx: RequestContext, route: AdminRoute, format: unknown): ListForm {
  const forms = formsOf(route)
  if (forms.length === 1) return 'json'
  if (typeof format === 'string') return format as ListForm
  const accept = ctx.get('Accept')
  const served = forms.map((form) => mediaTypes[form])
  const type = acceptedType(accept, served)
  const form = forms.find((one) => mediaTypes[one] === type)
  if (form === undefined) throw new Fault('not-acceptable', { type: accept, types: served.join(' or ') })
  return form
}

export function mediaTypeOf(form: ListForm): string {
  return form === 'csv' ? `${mediaTypes.csv}; charset=utf-8; header=present` : mediaTypes[form]
}
