import { dryRunOf } from '@user-provisioning/contracts/admin/route'
import type { OperationId } from '@user-provisioning/contracts/admin/routes'
import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import type { CheckedRequest } from './admin-message.ts'

/** What the ingress alone knows and adds to an owner's answer. */
export interface Additions {
  readonly tenantUrlOf: (instanceId: string) => string
  /** Signs the secret of a new API key; null in a repeated answer, since a secret is shown once. */
  readonly secretOf: (key: AdminAnswer<'issueApiKey'>) => string | null
}

type Presenters = { readonly [O in OperationId]?: (answer: AdminAnswer<O>, additions: Additions) => AdminAnswer<O> }

const withTenantUrl = (instance: AdminAnswer<'readInstance'>, { tenantUrlOf }: Additions) => ({
  ...instance,
  tenantUrl: tenantUrlOf(instance.id),
})

const presenters: Presenters = {
  readInstance: withTenantUrl,
  createInstance: withTenantUrl,
  listInstances: (list, additions) => ({ ...list, items: list.items.map((item) => withTenantUrl(item, additions)) }),
  issueApiKey: (key, additions) => ({ ...key, secret: additions.secretOf(key) }),
}

/**
 * What an owner answered, as the route's record allows it, with what the ingress adds; null where it says nothing (204). An
 * answer of another shape is not passed on, so that nothing leaks that is not declared.
 * @throws Fault internal-error
 */
export function presentAnswer(
  { route, dryRun }: Pick<CheckedRequest, 'route' | 'dryRun'>,
  result: unknown,
  additions: Additions,
): Record<string, unknown> | null {
  if (route.status === 204 && !dryRun) return null
  // A job that decides everything and writes nothing says so in its parameters.
  const shape = dryRun && route.status !== 202 ? dryRunOf(route.answer) : route.answer
  const parsed = shape.safeParse(result)
  if (!parsed.success) {
    const internal = `the answer to ${route.operationId} is not as declared: ${parsed.error.message}`
    throw new Fault('internal-error', {}, { internal })
  }
  // The table's types tie an operation to its answer; a lookup by a name known only here cannot.
  const present = presenters[route.operationId as OperationId] as
    | ((answer: unknown, additions: Additions) => Record<string, unknown>)
    | undefined
  return present ? present(parsed.data, additions) : (parsed.data as Record<string, unknown>)
}
