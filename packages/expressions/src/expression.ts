import { type ASTNode, Environment, EvaluationError, ParseError, TypeError as TypeFault } from '@marcbachmann/cel-js'
import { Fault } from '@user-provisioning/contracts/errors'
import type { JsonObject, JsonValue } from '@user-provisioning/scim/json'
import { bound, type Meter } from './bounded-evaluation.ts'
import { ExpressionFailed } from './expression-failed.ts'
import { functionNames, macros, registerFunctions } from './functions.ts'
import { childrenOf } from './syntax-tree.ts'

/** The variables that an expression may name, each with its members where they are known (others are then refused), else null. */
export type Variables = Readonly<Record<string, readonly string[] | null>>

export interface Expression {
  readonly text: string
  /**
   * @param values one value for each declared variable
   * @returns the value; null where it would be made of something that is not there
   * @throws ExpressionFailed when there is none, with the place and the reason
   */
  evaluate(values: Readonly<Record<string, JsonObject>>): JsonValue
}

/** Longer expressions are refused. */
export const maxExpressionLength = 2_000

const environmentOptions = {
  limits: { maxAstNodes: 500, maxDepth: 32, maxListElements: 100, maxMapEntries: 20, maxCallArguments: 8 },
  homogeneousAggregateLiterals: false,
}
const withFunctions = registerFunctions(new Environment(environmentOptions))

/**
 * Compiles an expression in CEL (PRODUCT.md 4.3, 5.1). It can look at the values of its variables and at nothing else: no
 * clock, no I/O, no regular expressions, and what one evaluation may cost is bounded. What is not there is null, text made
 * from null is null, and a comparison with null is false, so that expressions need no guard around each attribute.
 * @throws Fault expression-invalid with the position (from 1) and the reason
 */
export function compile(text: string, variables: Variables): Expression {
  if (text.length > maxExpressionLength) {
    throw invalid(maxExpressionLength + 1, `it is longer than ${maxExpressionLength} characters`)
  }
  const environment = withFunctions.clone()
  for (const name of Object.keys(variables)) environment.registerVariable(name, 'dyn')
  let parsed: ReturnType<Environment['parse']>
  try {
    parsed = environment.parse(text)
    refuseUnknown(parsed.ast, variables)
    const { valid, error } = parsed.check()
    if (!valid) throw error
  } catch (err) {
    throw isCelError(err) ? invalid(positionOf(err), reasonOf(err)) : err
  }
  const meter = bound(parsed.ast)
  return { text, evaluate: (values) => evaluate(parsed, meter, values) }
}

function evaluate(
  parsed: (values: Record<string, JsonObject>) => unknown,
  meter: Meter,
  values: Readonly<Record<string, JsonObject>>,
): JsonValue {
  try {
    meter.start()
    const value = asJson(parsed({ ...values }))
    meter.assertNotOver()
    return value
  } catch (err) {
    meter.assertNotOver()
    if (isCelError(err)) throw new ExpressionFailed(positionOf(err), reasonOf(err))
    throw err
  }
}

/** Refuses functions that are not on the list, and members that a variable cannot have: a misspelled one would be null for ever. */
function refuseUnknown(node: ASTNode, variables: Variables): void {
  if (node.op === 'id' && (node.args === 'cel' || node.args === 'google')) {
    throw invalid(node.start + 1, `there is no variable ${node.args}`)
  }
  if (node.op === '.' && node.args[0].op === 'id') {
    const known = Object.hasOwn(variables, node.args[0].args) ? variables[node.args[0].args] : null
    if (known && !known.includes(node.args[1])) {
      throw invalid(node.args[0].end + 1, `${node.args[0].args} has no ${node.args[1]}`)
    }
  }
  if (node.op === 'call' || node.op === 'rcall') {
    const [name] = node.args
    if (!functionNames.has(name) && !macros.has(name)) throw invalid(node.start + 1, `there is no function ${name}`)
  }
  for (const child of childrenOf(node)) refuseUnknown(child, variables)
}

function asJson(value: unknown): JsonValue {
  if (typeof value === 'bigint') return Number(value)
  if (value === undefined || value === null) return null
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value
  if (Array.isArray(value)) return value.map(asJson)
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    throw new ExpressionFailed(1, 'it gives neither a text, a number, true or false, a list nor an object')
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, asJson(each)]))
}

function invalid(position: number, why: string): Fault {
  return new Fault('expression-invalid', { position: String(position), why })
}

type CelError = ParseError | TypeFault | EvaluationError

function isCelError(err: unknown): err is CelError {
  return err instanceof ParseError || err instanceof TypeFault || err instanceof EvaluationError
}

function positionOf({ range }: CelError): number {
  return (range?.start ?? 0) + 1
}

/** The library's reason without its drawing of the place, as the end of a sentence. */
function reasonOf({ summary }: CelError): string {
  const first = summary.split('\n')[0]?.replace(/\.$/, '') ?? ''
  return first.charAt(0).toLowerCase() + first.slice(1)
}
