import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { conformanceDocument, documentFile } from './conformance-document.ts'
import { rfcSentences } from './rfc-sentences.ts'

test('docs/conformance.md says what the tests say: pnpm docs:conformance writes it', () => {
  expect(readFileSync(documentFile, 'utf8')).toBe(conformanceDocument())
})

test('a sentence is found in the name of a test, of what is around it, on the next line and in the row of a table', () => {
  const source = `
describe('RFC 7644 3.5.2.1 (add)', () => {
  test('"If it\\'s new"', () => {})
  test(
    'on the next line',
    () => {},
  )
  test.each([
    ['2.3.1 "a row"', 1],
  ])('%s', () => {})
})

describe('RFC 9865 2: a cursor', () => {
  test.each(rows)('leads on', () => {})
})

test('RFC 7643 7, "returned": never', () => {})
test('of no RFC', () => {})
`
  expect(rfcSentences('f', source).map(({ rfc, section, sentence }) => `${rfc} ${section} ${sentence}`)).toEqual([
    '7644 3.5.2.1 "If it\'s new"',
    '7644 3.5.2.1 on the next line',
    '7644 2.3.1 "a row"',
    '9865 2 a cursor: leads on',
    '7643 7 "returned": never',
  ])
})
