import { describe, expect, test } from 'vitest'
import { ScimError } from './errors.ts'
import { copyJson, equalJson, member, memberInAnyCase, memberName, parseJson } from './json.ts'

describe('parseJson', () => {
  test('a member named __proto__ is left out at any depth and changes no prototype', () => {
    const parsed = parseJson('{"a":[{"__proto__":{"hit":1},"b":2}],"__proto__":{"hit":1}}')
    expect(JSON.stringify(parsed)).toBe('{"a":[{"b":2}]}')
    expect(({} as Record<string, unknown>).hit).toBeUndefined()
  })

  test('a body nested 100,000 deep is refused, not a crash', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    expect(() => parseJson(deep)).toThrow(expect.objectContaining({ code: 'body-not-json' }))
    expect(() => parseJson(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)).toThrow(ScimError)
  })

  test.each(['', '{', 'undefined', '{"a":1,}'])('%j is refused', (text) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'body-not-json' }))
  })

  test('64 levels and 10,000 members of an object are read, one more is refused', () => {
    const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    const wide = (members: number) => `[{${Array.from({ length: members }, (_, n) => `"k${n}":1`).join()}}]`
    expect(parseJson(deep(65))).toBeInstanceOf(Array)
    expect(() => parseJson(deep(66))).toThrow('it is nested deeper than 64')
    expect(parseJson(wide(10_000))).toHaveLength(1)
    expect(() => parseJson(wide(10_001))).toThrow('an object has more than 10000 members')
  })

  test('text that no store would give back unchanged is refused', () => {
    expect(() => parseJson('{"a":"\\ud800"}')).toThrow(ScimError)
    expect(() => parseJson('{"a\\u0000b":1}')).toThrow(ScimError)
    expect(parseJson('{"a":"no\\u0000ra"}')).toEqual({ a: 'no\0ra' })
  })
})

test('inherited members are no members', () => {
  expect(member({}, 'constructor')).toBeUndefined()
  expect(member({ constructor: 'x' }, 'constructor')).toBe('x')
})

test('a member is found whatever its case, the exact one first', () => {
  const value = { Title: 1, title: 2, '': 3 }
  expect([memberName(value, 'title'), memberName(value, 'TITLE'), memberName(value, 'none')]).toEqual([
    'title',
    'Title',
    undefined,
  ])
  expect([memberInAnyCase(value, 'title'), memberInAnyCase(value, 'none'), memberInAnyCase({}, 'toString')]).toEqual([
    2,
    undefined,
    undefined,
  ])
})

test('a copy is equal and shares nothing', () => {
  const value = { a: [1, { b: null }], c: { d: 'x', e: true } }
  const copy = copyJson(value)
  expect(copy).toEqual(value)
  expect([copy.a === value.a, copy.a[1] === value.a[1], copy.c === value.c]).toEqual([false, false, false])
})

test('JSON is equal whatever the order of members, not of values', () => {
  expect(equalJson({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true)
  expect(equalJson([1, 2], [2, 1])).toBe(false)
  expect(equalJson({ a: 1 }, { a: 1, b: 2 })).toBe(false)
  expect(equalJson({ a: 1 }, { b: 1 })).toBe(false)
  expect(equalJson('1', 1)).toBe(false)
})
