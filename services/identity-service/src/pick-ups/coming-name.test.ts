import { expect, test } from 'vitest'
import { type Met, outcomeOf } from './coming-name.ts'

const met = (name: string, more: Partial<Met> = {}): Met => ({
  id: 'n',
  name,
  managed: false,
  refused: null,
  isProtected: false,
  ...more,
})

test.each([
  ['picked-up', null, met('nora@acme.test'), []],
  ['picked-up', 'case', met('Nora@acme.test'), []],
  ['clash-here', null, met('nora@acme.test', { managed: true }), []],
  ['protected', null, met('nora@acme.test', { isProtected: true, refused: 'protected' }), []],
  ['clash-here', null, met('nora@acme.test', { refused: 'pick-up is off' }), []],
  ['clash-elsewhere', null, 'elsewhere', []],
  ['near-match', 'whitespace', undefined, [met('nora @acme.test')]],
  ['near-match', 'domain', undefined, [met('nora@old.test')]],
  ['created', null, undefined, [met('norah@acme.test'), met('nora@old.test', { managed: true })]],
  ['created', null, undefined, []],
] as const)('a coming name is %s, differing in %s (3.1)', (outcome, differsIn, holder, near) => {
  expect(outcomeOf('nora@acme.test', holder, near)).toMatchObject({ outcome, differsIn })
})
