import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fold, searchTree } from './fold.ts'
import { enterpriseUserSchema, userType } from './schema.ts'

test('folding folded text changes nothing', () => {
  const marks = fc.constantFrom(
    'a',
    'A',
    'Å',
    'ς',
    'Σ',
    'İ',
    'ß',
    'ﬀ',
    '\u030a',
    '\u0301',
    '\u0307',
    '\u0345',
    '가',
    '\u11a8',
  )
  const any = fc.nat({ max: 0x10ffff }).map((point) => String.fromCodePoint(point))
  const text = fc.array(fc.oneof(marks, any)).map((characters) => characters.join(''))
  fc.assert(fc.property(text, (item) => fold(fold(item)) === fold(item)))
})

test.each([
  ['NORA@Acme.Test', 'nora@acme.test'],
  ['ÅSA', 'åsa'],
  ['A\u030asa', 'åsa'],
  ['ΟΔΟΣ', 'οδοσ'],
  [' a ', ' a '],
])('%j folds to %j', (text, folded) => {
  expect(fold(text)).toBe(folded)
})

test('the search tree folds what is not case exact and leaves everything else', () => {
  const resource = {
    externalId: 'AbC',
    userName: 'Nora@Acme.Test',
    active: true,
    emails: [{ value: 'NORA@acme.test', type: 'Work', primary: true }],
    photos: [{ value: 'https://Acme.test/P' }],
    [enterpriseUserSchema]: { department: 'R&D', manager: { value: 'X1' } },
    'urn:acme:Ship:2.0:User': { berth: 'B-12', deck: 4, tags: ['A', { In: 'B' }] },
  }
  expect(searchTree(resource, userType)).toEqual({
    externalId: 'AbC',
    userName: 'nora@acme.test',
    active: true,
    emails: [{ value: 'nora@acme.test', type: 'work', primary: true }],
    photos: [{ value: 'https://Acme.test/P' }],
    [enterpriseUserSchema]: { department: 'r&d', manager: { value: 'x1' } },
    'urn:acme:Ship:2.0:User': { berth: 'b-12', deck: 4, tags: ['a', { In: 'b' }] },
  })
  expect(resource.userName).toBe('Nora@Acme.Test')
})
