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

test.each([
  '1e400',
  '-1e400',
  '5e-400',
  '9007199254740993',
  '-9007199254740993',
  `1${'0'.repeat(400)}`,
  '12345678901234567890',
])('the number %s, which would come back as another, is a flaw', (number) => {
  expect(findJsonFlaw(`{"a":[${number}]}`, { maxDepth: 64 })).toMatchObject({
    position: 6,
    why: expect.stringMatching(/digits/),
  })
})

test.each([
  '0',
  '-0',
  '0e999',
  '0.000',
  '9007199254740991',
  '9007199254740992',
  '1e308',
  '5e-324',
  '0.1',
  '1.0',
  '3.141592653589793238',
])('the number %s, which comes back equal, is none', (number) => {
  expect(findJsonFlaw(`{"a":[${number}]}`, { maxDepth: 64 })).toBeUndefined()
})
