/** Refuses the text: `position` is where in it, counted from 1. */
export type Refuse = (position: number, why: string) => never

export type FilterToken = { readonly position: number } & (
  | { readonly kind: '(' | ')' | '[' | ']' | 'end' }
  /** An attribute path, an operator, or a bare literal: which one depends on where it stands. */
  | { readonly kind: 'word'; readonly text: string }
  /** `.value` behind a closing bracket. */
  | { readonly kind: 'sub'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
)

/** Longest filter or path, in UTF-8 bytes. */
const maxFilterBytes = 8192

const space = /\s+/y
const word = /[A-Za-z0-9_$+-][\w$:.\-/%+~#@]*/y
const sub = /\.[\w$-]+/y
const quoted = /"(?:[^"\\]|\\.)*"/sy

/**
 * Cuts a filter or PATCH path (RFC 7644 figures 1 and 7) into tokens.
 * @param refuse called for a text over 8 kB, an open quote, a bad escape or a character that belongs nowhere
 */
export function filterTokens(text: string, refuse: Refuse): FilterToken[] {
  // A UTF-16 unit is three bytes of UTF-8 at most: short texts need not be encoded to be measured.
  if (
    text.length > maxFilterBytes ||
    (text.length * 3 > maxFilterBytes && new TextEncoder().encode(text).length > maxFilterBytes)
  ) {
    refuse(1, `it is longer than ${maxFilterBytes} bytes`)
  }
  const tokens: FilterToken[] = []
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  while (at < text.length) {
    const blank = take(space)
    if (blank !== undefined) {
      at += blank.length
      continue
    }
    const position = at + 1
    const character = text[at]
    if (character === '(' || character === ')' || character === '[' || character === ']') {
      tokens.push({ kind: character, position })
      at += 1
    } else if (character === '"') {
      const literal = take(quoted)
      if (literal === undefined) return refuse(position, 'the quote is not closed')
      tokens.push({ kind: 'string', text: stringOf(literal, position, refuse), position })
      at += literal.length
    } else if (character === '.') {
      const name = take(sub)
      if (name === undefined || text[at - 1] !== ']') return refuse(position, 'a dot cannot stand here')
      tokens.push({ kind: 'sub', text: name.slice(1), position })
      at += name.length
    } else {
      const name = take(word)
      if (name === undefined) return refuse(position, 'this character cannot stand here')
      tokens.push({ kind: 'word', text: name, position })
      at += name.length
    }
  }
  tokens.push({ kind: 'end', position: text.length + 1 })
  return tokens
}

function stringOf(literal: string, position: number, refuse: Refuse): string {
  let value: unknown
  try {
    value = JSON.parse(literal)
  } catch {
    return refuse(position, 'the quoted value is not a JSON string')
  }
  if (typeof value !== 'string' || !value.isWellFormed())
    return refuse(position, 'the quoted value holds half a character')
  return value
}
