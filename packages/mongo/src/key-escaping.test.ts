import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapeKey, escapeKeys, escapePath, unescapeKey, unescapeKeys } from './key-escaping.ts'

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const awkward = fc.oneof(
  fc.constantFrom('$ref', '$', '%', '%2E', '', 'a.b', '.', '__proto__', 'a\0b', enterprise, '%25', '%%'),
  fc.string(),
)
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 0, 'text', '$ref', 'a.b'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(awkward, tie('value')), { maxLength: 4 }).map((members) => Object.fromEntries(members)),
  ),
})).value

describe('names in documents', () => {
  test('are stored without a dot, a leading dollar, NUL, and never empty', () => {
    fc.assert(fc.property(awkward, (name) => !/[.\0]|^\$|^$/.test(escapeKey(name))))
  })

  test('come back as they were', () => {
    fc.assert(fc.property(awkward, (name) => unescapeKey(escapeKey(name)) === name))
  })

  test('that differ stay different', () => {
    fc.assert(fc.property(awkward, awkward, (a, b) => (a === b) === (escapeKey(a) === escapeKey(b))))
  })

  test('are escaped at every depth, within lists too, and come back', () => {
    fc.assert(
      fc.property(json, (value) => {
        const stored = escapeKeys(value)
        expect(namesIn(stored).filter((name) => /[.\0]|^\$|^$/.test(name))).toEqual([])
        expect(JSON.stringify(unescapeKeys(stored))).toBe(JSON.stringify(value))
      }),
    )
  })

  test('that need no escaping cost no copy', () => {
    const value = { userName: 'anna', emails: [{ value: 'anna@example.com' }], at: new Date(0) }
    expect(escapeKeys(value)).toBe(value)
    expect(unescapeKeys(value)).toBe(value)
  })

  test('called __proto__ stay members and reach no prototype', () => {
    const hostile = { list: [JSON.parse('{"a.b":1,"__proto__":{"polluted":true}}')] }
    const back = unescapeKeys(escapeKeys(hostile))
    expect(JSON.stringify(back)).toBe(JSON.stringify(hostile))
    expect(back.list[0]).not.toHaveProperty('polluted')
  })

  test('whose value is undefined are left out, as in JSON', () => {
    expect(Object.keys(escapeKeys({ a: 1, b: undefined, c: 2 }))).toEqual(['a', 'c'])
  })

  test('make a path of as many steps as there are names', () => {
    expect(escapePath(['scim', enterprise, 'manager', '$ref']).split('.')).toHaveLength(4)
  })

  test('leave dates as they are', () => {
    const at = new Date()
    expect(escapeKeys({ 'a.b': at })).toEqual({ 'a%2Eb': at })
  })
})

function namesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const own = Array.isArray(value) ? [] : Object.keys(value)
  return [...own, ...Object.values(value).flatMap(namesIn)]
}
