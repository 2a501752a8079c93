import { z } from 'zod'
import { json } from '../actor.ts'
import type { ErrorCode } from '../errors.ts'
import type { ServiceName } from '../service-name.ts'

export const roles = ['viewer', 'lite-admin', 'admin', 'operator'] as const
export type Role = (typeof roles)[number]

/** Who owns jobs; a job's id begins with the name, `mapping_0199…`, so that the ingress knows where to ask without a table. */
export const jobOwners = ['identity-service', 'mapping-service', 'workflow-service', 'audit-service'] as const

/**
 * Who answers a route: one service; several, side by side, whose answers the ingress joins; or the one that an id in the path
 * begins with.
 */
export type RouteOwner = ServiceName | readonly ServiceName[] | { readonly prefixOf: string }

/** Every service that may be asked by a route. */
export function ownersOf({ owner }: { readonly owner: RouteOwner }): readonly ServiceName[] {
  if (typeof owner === 'string') return [owner]
  return 'prefixOf' in owner ? jobOwners : owner
}

/** What an id of a job begins with: `mapping_`. */
export function idPrefix(owner: ServiceName): string {
  return `${owner.replace(/-service$/, '')}_`
}

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
  readonly owner: RouteOwner
  /** A read is answered from queries and never queues behind a write. */
  readonly kind: 'query' | 'command'
  /** The least role on the instance, any of several; 'operator-of-all' is for what belongs to no instance; 'anybody' is signed in. */
  readonly role: Role | readonly Role[] | 'operator-of-all' | 'anybody'
  /** Who holds none of these roles may do it to what is their own alone: the request says `ownOnly`, the owner decides. */
  readonly ownUnless?: readonly Role[]
  /** Which entity a command is ordered with: one minted for it, the instance, or the one that a parameter names. */
  readonly entity: 'minted' | 'instance' | { readonly parameter: string }
  readonly parameters: Parameters
  readonly query: Query
  readonly body: Body
  readonly answer: Answer
  /** 202: the answer is the job that does it, whose id is the request's `entityId`. 204: DELETE, without a body. */
  readonly status: 200 | 201 | 202 | 204
  /**
   * `required`: 428 without If-Match. `honoured`: it may be sent. Either way the owner compares (`requireVersion`), since it
   * alone knows the version when it decides.
   */
  readonly ifMatch?: 'required' | 'honoured'
  /** `?dryRun=true` decides everything and writes nothing; the answer says `dryRun` and the diff (`dryRunOf`). */
  readonly dryRun?: true
  /** The body is a file of rows, NDJSON or CSV; the ingress cuts it into parts (`importPart`) of one job. */
  readonly imports?: true
  /** A list that may also be had whole, as `text/csv` or `application/x-ndjson`. */
  readonly exports?: true
  /** May be followed as `text/event-stream`: each item once more whenever it has changed. */
  readonly events?: 'changes'
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

/** A query parameter that is true or false. */
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true')

/** `?include=scim,groups`: costly parts of a resource that come only when asked for, comma-separated. */
export function include<const Part extends string>(parts: readonly Part[]) {
  return z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(parts)))
    .optional()
}

/** What a dry run would change: JSON pointers or field names, as the resource is shown. */
const dryRunDiff = z.array(z.strictObject({ path: z.string(), old: json, new: json }))
export type DryRunDiff = z.infer<typeof dryRunDiff>

/** The answer of a dry run: what would be, and the difference to what is. */
export function dryRunOf(answer: z.ZodType): z.ZodType {
  if (!(answer instanceof z.ZodObject)) throw new Error('only an object can be answered by a dry run')
  return answer.extend({ dryRun: z.literal(true), diff: dryRunDiff })
}

export const none = z.strictObject({})
/** A version's number in a path or query: digits as text. */
export const versionInPath = z.string().regex(/^[1-9]\d{0,8}$/)
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
