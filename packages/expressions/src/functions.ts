import { type Environment, EvaluationError } from '@marcbachmann/cel-js'

/** No text on the way to an expression's value may be longer. */
export const maxTextLength = 100_000

/** CEL's macros: they look at each element of a list, or at whether something is there. */
export const macros: ReadonlySet<string> = new Set(['has', 'all', 'exists', 'exists_one', 'map', 'filter'])

/** Those of CEL's own functions that are offered; `matches` is not (a regular expression may run for ever), nor is what knows of time. */
const offered = [
  'size',
  'string',
  'int',
  'double',
  'bool',
  'startsWith',
  'endsWith',
  'contains',
  'lowerAscii',
  'upperAscii',
  'trim',
  'indexOf',
  'lastIndexOf',
  'substring',
  'split',
  'join',
]

/** Every function that an expression may call, macros aside. */
export const functionNames: ReadonlySet<string> = new Set([...offered, 'replace', 'coalesce'])

/** Adds what CEL does not have: `text.replace(old, new)` and `coalesce(a, b, …)`, the first that is neither null nor "". */
export function registerFunctions(environment: Environment): Environment {
  environment.registerFunction('string.replace(string, string): string', (text: string, old: string, by: string) => {
    const parts = text.split(old)
    if (text.length + (parts.length - 1) * by.length > maxTextLength) {
      throw new EvaluationError(`replace() makes a text longer than ${maxTextLength} characters`)
    }
    return parts.join(by)
  })
  for (let count = 2; count <= 5; count++) {
    environment.registerFunction(
      `coalesce(${Array(count).fill('dyn').join(', ')}): dyn`,
      (...values: unknown[]) => values.find((value) => value !== null && value !== '') ?? null,
    )
  }
  return environment
}
