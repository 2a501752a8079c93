import { expect, test } from 'vitest'
import { compareInstants, instantOf } from './instant.ts'

test.each<[string, string, string]>([
  ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z', ''],
  ['2026-01-01t00:00:00z', '2026-01-01T00:00:00.000Z', ''],
  ['2026-01-01T00:00:00', '2026-01-01T00:00:00.000Z', ''],
  ['2026-01-01T02:30:00.5+02:30', '2026-01-01T00:00:00.500Z', ''],
  ['2026-01-01T00:00:00.1230000Z', '2026-01-01T00:00:00.123Z', ''],
  ['2026-01-01T00:00:00.1239001', '2026-01-01T00:00:00.123Z', '9001'],
  ['2028-02-29T23:59:59.9999999-01:00', '2028-03-01T00:59:59.999Z', '9999'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z', ''],
])('%s is read to the last digit', (text, instant, rest) => {
  expect(instantOf(text)).toEqual({ ms: Date.parse(instant), rest })
})

test.each([
  '',
  'Stryker',
  '2026-02-29T00:00:00Z',
  '2026-04-31T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-01T24:00:01Z',
  '2026-01-01T00:00:00+24:00',
  '2026-01-01',
  ' 2026-01-01T00:00:00Z',
  '2026-01-01T00:00:00Z ',
  '2026-01-01T00:00:00.Z',
  '2026-1-1T00:00:00Z',
  '12026-01-01T00:00:00Z',
])('%j is no date and time', (text) => {
  expect(instantOf(text)).toBeUndefined()
})

test('earlier is less, to the last digit', () => {
  const ordered = [
    '1969-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00.0001Z',
    '2026-01-01T00:00:00.00011Z',
    '2026-01-01T00:00:00.001Z',
  ]
  const instants = ordered.map((text) => instantOf(text) ?? expect.unreachable(text))
  const signs = instants.map((one) => instants.map((two) => Math.sign(compareInstants(one, two))))
  expect(signs).toEqual(ordered.map((_, row) => ordered.map((_, column) => Math.sign(row - column))))
})
