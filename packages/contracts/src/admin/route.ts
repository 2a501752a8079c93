import { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { ServiceName } from '../service-name.ts'

export const roles = ['viewer', 'lite-admin', 'admin', 'operator'] as const
export type Role = (typeof roles)[number]

/**
 * A route of the admin API, declared once: the ingress' router, the owner's handlers, the documentation and the role
 * matrix come from it. `operationId` is the message's type too, in capitals: `issueApiKey` is sent as `IssueApiKey`.
 */
export interface AdminRoute<
  Parameters extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodObject | null = z.ZodObject | null,
  Answer extends z.ZodType = z.ZodType,
> {
  readonly operationId: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Under `/admin/v1`, with `{parameters}`. */
  readonly path: string
  readonly owner: ServiceName
  /** A read is answered from queries and never queues behind a write. */
  readonly kind: 'query' | 'command'
  /** The least role on the instance; 'operator-of-all' is for what belongs to no instance; 'anybody' is signed in. */
  readonly role: Role | 'operator-of-all' | 'anybody'
  /** Which entity a command is ordered with: one minted for it, the instance, or the one that a parameter names. */
  readonly entity: 'minted' | 'instance' | { readonly parameter: string }
  readonly parameters: Parameters
  readonly query: Query
  readonly body: Body
  readonly answer: Answer
  readonly status: 200 | 201 | 202 | 204
  /** Codes beyond those that every route may answer. */
  readonly errors: readonly ErrorCode[]
  readonly requirement: string
  readonly summary: string
}

/** Declares a route; exists for the types. */
export function adminRoute<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodObject | null,
  A extends z.ZodType,
>(route: AdminRoute<P, Q, B, A>): AdminRoute<P, Q, B, A> {
  return route
}

export const none = z.strictObject({})
export const ofInstance = z.strictObject({ instanceId: z.uuid() })

/** Parameters of every list (keyset paging). */
export const page = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .default(50)
    .transform((limit) => Math.min(limit, 200)),
  after: z.string().max(2_000).optional(),
}

/** A page of a list; `next` is null at the end. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), next: z.string().nullable(), asOf: z.iso.datetime() })
}
