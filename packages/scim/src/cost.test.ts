import { expect, test } from 'vitest'
import { ScimError } from './errors.ts'
import { parseFilter } from './filter-parser.ts'
import { applyPatch, parsePatch } from './patch.ts'
import { parsePath } from './path-parser.ts'
import { userType } from './schema.ts'

// Apart from the other tests: in a mutation run the clock tells nothing.
test('2,000 operations on 1,000 values are done within two seconds', () => {
  const adds = Array.from({ length: 999 }, (_, n) => ({ op: 'Add', path: 'emails', value: [{ value: `e${n}` }] }))
  const change = { op: 'Replace', path: 'emails[value co "e9"].type', value: 'x' }
  const { operations } = parsePatch({ Operations: [...adds, ...Array(1001).fill(change)] }, userType)
  const start = performance.now()
  const { resource } = applyPatch({ userName: 'n', emails: [{ value: 'x' }] }, operations, userType)
  expect(performance.now() - start).toBeLessThan(2000)
  expect(resource.emails).toHaveLength(1000)
})

test.each([
  ['3,000 open parentheses', '('.repeat(3000)],
  ['3,000 nested parentheses', `${'('.repeat(3000)}userName pr${')'.repeat(3000)}`],
  ['1,000 nested not', `emails[${'not ('.repeat(1000)}type pr${')'.repeat(1000)}]`],
  ['5,000 nested brackets', `${'emails['.repeat(5000)}a eq 1${']'.repeat(5000)}`],
  ['40,000 characters', `userName eq "${'a'.repeat(40_000)}"`],
  ['a million quotes', '"'.repeat(1_000_000)],
  ['backslashes without an end', `userName eq "${'\\'.repeat(8000)}`],
  ['a word without an end', `userName eq ${'a.'.repeat(4000)}"`],
])('a filter and a path of %s are refused at once', (_, text) => {
  const start = performance.now()
  expect(() => parseFilter(text, userType)).toThrow(ScimError)
  expect(() => parsePath(text, userType)).toThrow(ScimError)
  expect(performance.now() - start).toBeLessThan(200)
})
