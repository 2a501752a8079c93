import { Fault, type ItemFault } from '@user-provisioning/contracts/errors'
import type { JsonValue } from '@user-provisioning/scim/json'
import type { z } from 'zod'
import type { RequestContext } from './request-context.ts'

/**
 * Checks a body against its schema.
 * @throws Fault validation-failed with all faults at once, each with a JSON pointer (RFC 6901)
 */
export function validateBody<Schema extends z.ZodType>(schema: Schema, body: JsonValue): z.infer<Schema> {
  return validated(schema, body, (path) => ({
    pointer: path.map((step) => `/${escapePointer(String(step))}`).join(''),
  }))
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

type Issue = z.core.$ZodIssue
type Place = Pick<ItemFault, 'pointer' | 'parameter'>

function validated<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: (path: readonly PropertyKey[]) => Place,
): z.infer<Schema> {
  const result = schema.safeParse(value, { reportInput: true })
  if (result.success) return result.data
  const items = result.error.issues.flatMap((issue) => itemsOf(issue, place))
  throw new Fault('validation-failed', { n: String(items.length) }, { items })
}

function itemsOf(issue: Issue, place: (path: readonly PropertyKey[]) => Place): ItemFault[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((name) => ({
        ...place([...issue.path, name]),
        code: 'unknown-member',
        detail: `${clip(name)} is not known here.`,
      }))
    case 'invalid_type':
      return issue.input === undefined
        ? [{ ...place(issue.path), code: 'required', detail: 'It is required.' }]
        : [{ ...place(issue.path), code: 'wrong-type', detail: `It must be of type ${issue.expected}.` }]
    case 'invalid_value':
      if (issue.input === undefined) return [{ ...place(issue.path), code: 'required', detail: 'It is required.' }]
      return [
        {
          ...place(issue.path),
          code: 'not-allowed-value',
          detail: 'This value is not allowed.',
          allowed: issue.values.map(String),
        },
      ]
    case 'too_big':
      return [
        {
          ...place(issue.path),
          code: issue.origin === 'string' ? 'too-long' : 'out-of-range',
          detail: sentence(issue.message),
        },
      ]
    case 'too_small':
      return [{ ...place(issue.path), code: 'out-of-range', detail: sentence(issue.message) }]
    default:
      return [{ ...place(issue.path), code: 'not-allowed-value', detail: sentence(issue.message) }]
  }
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`
}

function clip(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

function escapePointer(step: string): string {
  return step.replace(/~/g, '~0').replace(/\//g, '~1')
}
