import { Fault } from '@user-provisioning/contracts/errors'
import { itemFaultsOf } from '@user-provisioning/contracts/item-faults'
import type { JsonValue } from '@user-provisioning/scim/json'
import type { z } from 'zod'
import type { RequestContext } from './request-context.ts'

/**
 * Checks a body against its schema.
 * @throws Fault validation-failed with all faults at once, each with a JSON pointer (RFC 6901)
 */
export function validateBody<Schema extends z.ZodType>(schema: Schema, body: JsonValue): z.infer<Schema> {
  return validated(schema, body)
}

/**
 * Reads the query by its schema. A parameter that comes more than once is a list; the schema says whether it may.
 * @throws Fault validation-failed with all faults at once, each with its parameter; an unknown one is a fault where the schema is strict
 */
export function readQuery<Schema extends z.ZodObject>(ctx: RequestContext, schema: Schema): z.infer<Schema> {
  return validated(schema, { ...ctx.query }, (path) => ({ parameter: String(path[0] ?? '') }))
}

/**
 * Reads the parameters of a path by their schema. One that cannot be right names nothing.
 * @throws Fault not-found
 */
export function readPathParameters<Schema extends z.ZodObject>(
  ctx: RequestContext,
  schema: Schema,
  type = 'resource',
): z.infer<Schema> {
  const result = schema.safeParse({ ...(ctx.params as Record<string, string> | undefined) })
  if (!result.success) throw new Fault('not-found', { type })
  return result.data
}

function validated<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place?: Parameters<typeof itemFaultsOf>[1],
): z.infer<Schema> {
  const result = schema.safeParse(value, { reportInput: true })
  if (result.success) return result.data
  const items = itemFaultsOf(result.error, place)
  throw new Fault('validation-failed', { n: String(items.length) }, { items })
}
