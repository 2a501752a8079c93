/** What is wrong with a JSON text, and where (characters from 0). */
export interface JsonFlaw {
  readonly position: number
  readonly why: string
}

interface Open {
  readonly close: '}' | ']'
  /** Names so far, where duplicates matter. */
  readonly names: Set<string> | undefined
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const blank = /[ \t\n\r]*/y
const escaped = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y

/** Where the string that begins at `begin` ends, past its closing quote; undefined when it does not. A loop: a pattern would run out of stack on a long one. */
function endOfString(source: string, begin: number): number | undefined {
  if (source[begin] !== '"') return undefined
  for (let at = begin + 1; at < source.length; at++) {
    const code = source.charCodeAt(at)
    if (code === 0x22) return at + 1
    if (code < 0x20) return undefined
    if (code === 0x5c) {
      escaped.lastIndex = at + 1
      if (!escaped.test(source)) return undefined
      at = escaped.lastIndex - 1
    }
  }
  return undefined
}

/**
 * Whether a number comes back equal when it was read as a double: a whole one to the digit, another one unless it is too
 * large or too small to be told from infinity or 0 (RFC 8259 section 6).
 */
function isKept(literal: string): boolean {
  const value = Number(literal)
  if (!Number.isFinite(value)) return false
  if (/^-?\d+$/.test(literal)) return String(value) === literal || literal === '-0'
  return value !== 0 || !/^[^eE]*[1-9]/.test(literal)
}

/**
 * Finds the first flaw of a JSON text (RFC 8259), which V8's own message names only sometimes: what is not JSON, what is nested deeper than
 * `maxDepth`, a number that would not come back equal, and, where asked for, a member named twice in one object. Does not recurse. Undefined when there is none.
 */
export function findJsonFlaw(
  source: string,
  options: { maxDepth: number; refuseDuplicates?: boolean },
): JsonFlaw | undefined {
  const open: Open[] = []
  let at = 0
  // What may come next: a value, a member's name, or what follows a value.
  let next: 'value' | 'value-or-end' | 'name' | 'name-or-end' | 'after' = 'value'

  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    if (!pattern.test(source)) return false
    at = pattern.lastIndex
    return true
  }
  const skipString = (): boolean => {
    const end = endOfString(source, at)
    at = end ?? at
    return end !== undefined
  }
  const flaw = (why: string): JsonFlaw => ({
    position: at,
    why: at >= source.length ? 'the text ends too early' : why,
  })

  for (;;) {
    skip(blank)
    const character = source[at]
    const innermost = open.at(-1)
    if (next === 'after') {
      if (innermost === undefined) return character === undefined ? undefined : flaw('something follows the value')
      if (character === innermost.close) {
        open.pop()
        at++
      } else if (character === ',') {
        at++
        next = innermost.close === '}' ? 'name' : 'value'
      } else return flaw(`"," or "${innermost.close}" is expected`)
      continue
    }
    if (character === innermost?.close && (next === 'value-or-end' || next === 'name-or-end')) {
      open.pop()
      at++
      next = 'after'
      continue
    }
    if (next === 'name' || next === 'name-or-end') {
      const begin = at
      if (!skipString()) return flaw('a member name in double quotes is expected')
      if (innermost?.names !== undefined) {
        const name = JSON.parse(source.slice(begin, at)) as string
        if (innermost.names.has(name))
          return { position: begin, why: `the member ${JSON.stringify(name.slice(0, 100))} is there twice` }
        innermost.names.add(name)
      }
      skip(blank)
      if (source[at] !== ':') return flaw('":" is expected')
      at++
      next = 'value'
      continue
    }
    if (character === '{' || character === '[') {
      if (open.length === options.maxDepth) return { position: at, why: `it is nested deeper than ${options.maxDepth}` }
      const isObject = character === '{'
      open.push({ close: isObject ? '}' : ']', names: isObject && options.refuseDuplicates ? new Set() : undefined })
      at++
      next = isObject ? 'name-or-end' : 'value-or-end'
      continue
    }
    const known = ['true', 'false', 'null'].find((word) => source.startsWith(word, at))
    const begin = at
    if (known !== undefined) at += known.length
    else if (!(character === '"' ? skipString() : skip(number))) return flaw('a value is expected')
    else if (character !== '"' && !isKept(source.slice(begin, at))) {
      return { position: begin, why: 'a number has more digits than can be kept; send it as a text' }
    }
    next = 'after'
  }
}
