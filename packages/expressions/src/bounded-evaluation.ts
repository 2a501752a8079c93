import type { ASTNode } from '@marcbachmann/cel-js'
import { type JsonValue, member } from '@user-provisioning/scim/json'
import { ExpressionFailed } from './expression-failed.ts'
import { macros, maxTextLength } from './functions.ts'
import { childrenOf } from './syntax-tree.ts'

/** What one evaluation may cost: about one for each step, and more for a long text or list. Some milliseconds at most. */
const budget = 50_000

/** Counts what one evaluation costs; one meter for each expression, since an evaluation never waits. */
export class Meter {
  #left = budget

  start(): void {
    this.#left = budget
  }

  /** @throws ExpressionFailed when what was charged is more than one evaluation may cost */
  charge(cost: number, position: number): void {
    this.#left -= cost
    if (this.#left < 0) throw tooCostly(position)
  }

  /** CEL's `||`, `&&`, all and exists go on after an error on one side: the end is looked at again. */
  assertNotOver(): void {
    if (this.#left < 0) throw tooCostly(1)
  }
}

function tooCostly(position: number): ExpressionFailed {
  return new ExpressionFailed(position, 'it takes too long for this user')
}

type Evaluate = (evaluator: unknown, node: unknown, context: unknown) => unknown

/** What the library's nodes have that its types do not say (8.0.0): `evaluate` may be replaced once the tree is checked. */
interface EvaluatedNode {
  readonly meta: { readonly alternate?: EvaluatedNode; readonly macro?: EvaluatedNode; readonly evaluate: Evaluate }
  evaluate: Evaluate
}

/** How a node's value is used by the one above: null counts as false there, or all of it is compared. */
type Use = 'value' | 'condition' | 'comparison'

/** Whether each node's last value was null. */
type Nulls = WeakSet<ASTNode>

/**
 * Makes every step of a checked tree cost something, gives null for what is not there, and lets null go through what is
 * made from it.
 */
export function bound(root: ASTNode): Meter {
  const meter = new Meter()
  replaceEvaluation(root, 'value', meter, new WeakSet())
  return meter
}

function replaceEvaluation(node: ASTNode, use: Use, meter: Meter, nulls: Nulls): void {
  const children = childrenOf(node)
  for (const child of children) replaceEvaluation(child, useOf(child, node), meter, nulls)
  const evaluated = node as unknown as EvaluatedNode
  const evaluateNode = nullSafe(node, children, nulls, evaluationOf(evaluated))
  const position = node.start + 1
  evaluated.evaluate = (evaluator, _node, context) => {
    meter.charge(1, position)
    let value = evaluateNode(evaluator, node, context) ?? null
    if (value === null) {
      nulls.add(node)
      if (use === 'condition') value = false
    } else {
      nulls.delete(node)
      chargeFor(value, use === 'comparison', meter, position)
    }
    return value
  }
}

function evaluationOf(node: EvaluatedNode): Evaluate {
  const { alternate, macro, evaluate } = node.meta
  const instead = alternate ?? macro
  return instead
    ? (evaluator, _node, context) => instead.evaluate(evaluator, instead, context)
    : (evaluator, _node, context) => evaluate(evaluator, node, context)
}

const comparisons = new Set(['==', '!=', 'in'])
const orders = new Set(['<', '<=', '>', '>=', 'in'])
const tests = new Set(['startsWith', 'endsWith', 'contains'])
const macrosByCondition = new Set(['all', 'exists', 'exists_one', 'filter'])

function useOf(child: ASTNode, { op, args }: ASTNode): Use {
  if (comparisons.has(op)) return 'comparison'
  if (op === '&&' || op === '||' || op === '!_') return 'condition'
  if (op === '?:') return child === args[0] ? 'condition' : 'value'
  if (op !== 'rcall') return 'value'
  const [name, , [, condition, transform]] = args
  const isCondition = macrosByCondition.has(name) || (name === 'map' && transform !== undefined)
  return isCondition && child === condition ? 'condition' : 'value'
}

function nullSafe(node: ASTNode, children: readonly ASTNode[], nulls: Nulls, evaluate: Evaluate): Evaluate {
  const runs = (child: ASTNode, evaluator: unknown, context: unknown) =>
    (child as unknown as EvaluatedNode).evaluate(evaluator, child, context)
  if (node.op === '.') {
    const [owner, name] = node.args
    return (evaluator, _node, context) => memberOf(runs(owner, evaluator, context), name, node)
  }
  if (node.op === '[]') {
    const [owner, index] = node.args
    return (evaluator, _node, context) =>
      memberOf(runs(owner, evaluator, context), runs(index, evaluator, context), node)
  }
  if (node.op === 'call' && node.args[0] === 'has') {
    const [, [asked]] = node.args
    return (evaluator, _node, context) => asked !== undefined && runs(asked, evaluator, context) !== null
  }
  const isTest = orders.has(node.op) || (node.op === 'rcall' && tests.has(node.args[0]))
  const isStrict = needsAllOperands(node)
  const isOfNull = () => children.some((child) => nulls.has(child))
  return (evaluator, _node, context) => {
    try {
      const value = evaluate(evaluator, node, context)
      if (!isStrict || !isOfNull()) return value
    } catch (err) {
      if (err instanceof ExpressionFailed || !isOfNull()) throw err
    }
    return isTest ? false : null
  }
}

const strictOperators = new Set(['+', '-', '*', '/', '%', '-_', '<', '<=', '>', '>='])

/** Whether nothing comes of a node of which one operand is null: the library would make the text "null" of some. */
function needsAllOperands({ op, args }: ASTNode): boolean {
  if (op === 'call') return args[0] !== 'coalesce'
  return strictOperators.has(op) || (op === 'rcall' && !macros.has(args[0]))
}

/** A member or element; null where there is none. */
function memberOf(owner: unknown, name: unknown, { start }: ASTNode): unknown {
  if (owner === null || name === null) return null
  if (Array.isArray(owner)) {
    if (typeof name === 'bigint' || typeof name === 'number') return owner[Number(name)] ?? null
    throw new ExpressionFailed(start + 1, `a list has no ${String(name)}; [0] takes its first element`)
  }
  if (typeof owner === 'object' && typeof name === 'string') return member(owner as JsonValue, name) ?? null
  throw new ExpressionFailed(start + 1, `a ${typeof owner === 'string' ? 'text' : 'single value'} has no members`)
}

function chargeFor(value: unknown, whole: boolean, meter: Meter, position: number): void {
  if (typeof value === 'string') {
    if (value.length > maxTextLength) {
      throw new ExpressionFailed(position, `a text is longer than ${maxTextLength} characters`)
    }
    meter.charge(value.length >> 7, position)
  } else if (typeof value === 'object' && value !== null) {
    const parts = Array.isArray(value) ? value : whole ? Object.values(value) : []
    meter.charge(whole ? parts.length : parts.length >> 2, position)
    if (whole) for (const part of parts) chargeFor(part, true, meter, position)
  }
}
