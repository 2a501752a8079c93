import { jobCursor, newestFirst } from '@user-provisioning/contracts/admin/jobs'
import type { OperationId } from '@user-provisioning/contracts/admin/routes'
import type { AdminAnswer, AdminQuery, AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import type { ServiceName } from '@user-provisioning/contracts/service-name'

/** What one of several owners answered; undefined: nothing in time. */
export interface AnswerPart {
  readonly owner: ServiceName
  readonly result: unknown
}

type Join = (parts: readonly AnswerPart[], request: Pick<AdminRequest, 'instanceId' | 'query'>) => unknown

const joins: { readonly [O in OperationId]?: Join } = { listJobs: joinJobs, listAllJobs: joinJobs }

/**
 * One answer of what several owners said. Who did not come in time is named, never silently left out.
 * @throws Fault service-unavailable where nobody answered
 */
export function joinAnswers(operationId: string, parts: readonly AnswerPart[], request: Parameters<Join>[1]): unknown {
  const join = joins[operationId as OperationId]
  if (join === undefined) throw new Fault('internal-error', {}, { internal: `nothing joins ${operationId}` })
  const answered = parts.filter(({ result }) => result !== undefined)
  if (answered.length === 0) throw new Fault('service-unavailable', { service: 'The system' })
  const missing = parts.filter(({ result }) => result === undefined).map(({ owner }) => owner.replace(/-service$/, ''))
  const joined = join(answered, request)
  return missing.length === 0 ? joined : { ...(joined as object), incomplete: missing }
}

/** The newest of each owner's newest. */
function joinJobs(parts: readonly AnswerPart[], { instanceId, query }: Parameters<Join>[1]): AdminAnswer<'listJobs'> {
  const lists = parts.map(({ result }) => result as AdminAnswer<'listJobs'>)
  const asked = query as unknown as AdminQuery<'listJobs'>
  const all = lists.flatMap(({ items }) => items).toSorted(newestFirst)
  const items = all.slice(0, asked.limit)
  const last = items.at(-1)
  const hasMore = all.length > items.length || lists.some(({ next }) => next !== null)
  return {
    items,
    next: last !== undefined && hasMore ? jobCursor(instanceId, asked, last) : null,
    asOf: lists.map(({ asOf }) => asOf).toSorted()[0] ?? new Date().toISOString(),
  }
}
