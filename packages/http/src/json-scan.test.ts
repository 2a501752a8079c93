import { expect, test } from 'vitest'
import { findJsonFlaw } from './json-scan.ts'

const samples = [
  '{}',
  '[]',
  ' { "a" : [ 1 , -0.5e+3 , true , false , null , "x\\n\\u00e9" ] } ',
  '"text"',
  '12',
  '-0',
  '[[[]]]',
  '{"a":{"b":{}}}',
  '',
  ' ',
  '{',
  '[',
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":1,',
  '[1,',
  '[1,]',
  '{,}',
  '{"a":1,}',
  '{"a" 1}',
  "{'a':1}",
  '{a:1}',
  '01',
  '+1',
  '1.',
  '.5',
  '1e',
  '--1',
  'NaN',
  'Infinity',
  'tru',
  'nulll',
  '"',
  '"\\x"',
  '"\\u12"',
  '"a\nb"',
  '"a\tb"',
  '[1 2]',
  '{}{}',
  '[]]',
  '{"a":1}}',
  '\u00a0{}',
  '{"a":1 "b":2}',
  '/* */{}',
  '"\\',
  '{"a":undefined}',
  '[,1]',
  '\ufeff{}',
  '{"a"::1}',
  '"\u2028"',
]

test.each(samples.map((sample) => [JSON.stringify(sample), sample] as const))(
  '%s is judged as JSON.parse judges it',
  (_, sample) => {
    let parses = true
    try {
      JSON.parse(sample)
    } catch {
      parses = false
    }
    expect(findJsonFlaw(sample, { maxDepth: 64 }) === undefined).toBe(parses)
  },
)

test('a text of megabytes, deep or long, is judged without running out of stack', () => {
  expect(findJsonFlaw('['.repeat(4_000_000), { maxDepth: 64 })).toEqual({
    position: 64,
    why: 'it is nested deeper than 64',
  })
  expect(findJsonFlaw(`"${'\\n'.repeat(2_000_000)}`, { maxDepth: 64 })?.why).toBeDefined()
  expect(findJsonFlaw(`["${'x'.repeat(4_000_000)}"]`, { maxDepth: 64 })).toBeUndefined()
})
