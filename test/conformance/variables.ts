import { randomUUID } from 'node:crypto'

/** What a case knows by name: given, captured or collected. Without a prototype, so that no name means more than it says. */
export type Variables = Record<string, unknown>

export function variables(...sources: Variables[]): Variables {
  return Object.assign(Object.create(null), ...sources)
}

/** Puts variables into a text. @throws for a name that is not bound */
export function fillText(text: string, bound: Variables): string {
  return text.replace(/\$?\$\{([^{}]*)\}/g, (whole, inner: string) => {
    if (whole.startsWith('$$')) return whole.slice(1)
    const [, repeated, times] = /^repeat:(.*):(\d+)$/s.exec(inner) ?? []
    if (repeated !== undefined) return repeated.repeat(Number(times))
    if (inner.startsWith('enc:')) return encodeURIComponent(String(lookUp(inner.slice(4), bound)))
    return String(lookUp(inner, bound))
  })
}

function lookUp(expression: string, bound: Variables): unknown {
  if (expression === 'uuid+') return randomUUID()
  const [, list = '', index] = /^(\w+)\[(\d+)\]$/.exec(expression) ?? []
  const value = index === undefined ? bound[expression] : (bound[list] as unknown[] | undefined)?.[Number(index)]
  if (value === undefined) throw new Error(`nothing is bound to \${${expression}}`)
  return value
}

type Shape = Record<string, unknown> & {
  $nest?: unknown
  $list?: unknown
  $each?: unknown
  plus?: number
  open?: string
  core?: string
  close?: string
  item?: unknown
}

/** Puts variables into every text of a JSON value, and builds what `$nest`, `$list` and `$each` describe. */
export function fill(value: unknown, bound: Variables): unknown {
  if (typeof value === 'string') return fillText(value, bound)
  if (Array.isArray(value)) return value.map((one) => fill(one, bound))
  if (typeof value !== 'object' || value === null) return value
  const shape = value as Shape
  if (shape.$nest !== undefined) {
    const depth = count(shape.$nest, bound)
    return (shape.open ?? '').repeat(depth) + fillText(shape.core ?? '', bound) + (shape.close ?? '').repeat(depth)
  }
  if (shape.$list !== undefined) {
    const length = count(shape.$list, bound) + (shape.plus ?? 0)
    return Array.from({ length }, (_, i) => fill(shape.item, variables(bound, { i })))
  }
  if (typeof shape.$each === 'string') {
    const items = (bound[shape.$each] ?? []) as unknown[]
    return items.map((item) => fill(shape.item, variables(bound, { item })))
  }
  // No prototype either: a key __proto__ is sent like any other.
  const filled = Object.create(null)
  for (const [key, one] of Object.entries(value)) filled[fillText(key, bound)] = fill(one, bound)
  return filled
}

/** A number, or a variable that holds one: how a case goes to a limit that the server announces. */
function count(given: unknown, bound: Variables): number {
  const number = Number(typeof given === 'string' ? fillText(given, bound) : given)
  if (!(Number.isInteger(number) && number >= 0 && number <= 1e8)) throw new Error(`${given} is no number of times`)
  return number
}
