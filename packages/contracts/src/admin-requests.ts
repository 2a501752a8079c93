import { z } from 'zod'
import { actor, jsonObject } from './actor.ts'
import { ownersOf } from './admin/route.ts'
import { adminRoutes, type OperationId } from './admin/routes.ts'
import { Fault } from './errors.ts'
import type { ServiceName } from './service-name.ts'

/**
 * An admin request as it travels to the owner. The ingress has checked who asks, the role and the shape, so that
 * `parameters`, `query` and `body` are as the route's record says (after its defaults and transformations).
 */
function adminRequest<Operation extends OperationId>(operation: Operation) {
  return z.strictObject({
    type: z.literal(messageType(operation)),
    requestId: z.string(),
    /** Null for what belongs to no instance, as the list of instances. */
    instanceId: z.string().nullable(),
    /** The id minted for what a create makes, else the entity that the path names, else the instance. */
    entityId: z.string().nullable(),
    actor,
    at: z.iso.datetime(),
    deadlineAt: z.iso.datetime(),
    /** For an Idempotency-Key: a hash of method, path, query and body. */
    fingerprint: z.string().nullable(),
    parameters: z.record(z.string(), z.string()),
    query: jsonObject,
    body: jsonObject.nullable(),
    /** The versions that If-Match allows, where it was sent: see `requireVersion`. */
    ifMatch: z.union([z.array(z.int()), z.literal('*')]).optional(),
    /** Decide everything, write nothing, answer what would be. */
    dryRun: z.boolean().optional(),
    /** Who asks may do it only to what is their own. */
    ownOnly: z.boolean().optional(),
  })
}

/** `issueApiKey` travels as `IssueApiKey`. */
export function messageType<Operation extends OperationId>(operation: Operation): Capitalize<Operation> {
  return `${operation.charAt(0).toUpperCase()}${operation.slice(1)}` as Capitalize<Operation>
}

/** The messages of the routes that a service answers, alone or with others, commands or queries. */
export function adminRequestsOf(owner: ServiceName, kind: 'command' | 'query') {
  return Object.entries(adminRoutes)
    .filter(([, route]) => ownersOf(route).includes(owner) && route.kind === kind)
    .map(([operation]) => adminRequest(operation as OperationId))
}

export type AdminRequest = z.infer<ReturnType<typeof adminRequest>>
export type AdminBody<Operation extends OperationId> =
  NonNullable<(typeof adminRoutes)[Operation]['body']> extends z.ZodType
    ? z.infer<NonNullable<(typeof adminRoutes)[Operation]['body']>>
    : null
export type AdminQuery<Operation extends OperationId> = z.infer<(typeof adminRoutes)[Operation]['query']>
export type AdminAnswer<Operation extends OperationId> = z.infer<(typeof adminRoutes)[Operation]['answer']>

/**
 * The instance that an admin request is about.
 * @throws Fault internal-error: its route's record promises one
 */
export function instanceOf({ type, instanceId }: AdminRequest): string {
  if (instanceId === null) throw new Fault('internal-error', {}, { internal: `${type} without an instance` })
  return instanceId
}
