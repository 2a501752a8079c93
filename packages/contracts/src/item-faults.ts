import type { z } from 'zod'
import type { ItemFault } from './errors.ts'

type Place = Pick<ItemFault, 'pointer' | 'parameter'>

/** What zod found wrong with a value, as the items of a `validation-failed`. @param place how an item says where it is */
export function itemFaultsOf(
  error: z.ZodError,
  place: (path: readonly PropertyKey[]) => Place = (path) => ({ pointer: pointerOf(path) }),
): ItemFault[] {
  return error.issues.flatMap((issue) => itemsOf(issue, place))
}

/** A JSON pointer (RFC 6901). */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('')
}

function itemsOf(issue: z.core.$ZodIssue, place: (path: readonly PropertyKey[]) => Place): ItemFault[] {
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
