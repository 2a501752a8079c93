import { expect, test } from 'vitest'
import { presentScimError, ScimError, scimErrors } from './errors.ts'

test('an error is shown with its slots filled and long values cut', () => {
  const error = new ScimError('value-invalid', { attribute: 'title', value: 'x'.repeat(5000), expected: 'a text' })
  expect(error.message.length).toBeLessThan(200)
  expect(error.message).toMatch(/^title: x+… is not a text\.$/)
  expect(new ScimError('filter-invalid', { position: 7, why: 'an operator is missing' }).message).toBe(
    'The filter is wrong at position 7: an operator is missing.',
  )
})

test('an Error message has the four members of RFC 7644 and its status as text', () => {
  expect(presentScimError({ status: 409, scimType: 'uniqueness', detail: 'taken' })).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: '409',
    scimType: 'uniqueness',
    detail: 'taken',
  })
  expect(Object.keys(presentScimError({ status: 404, detail: 'none' }))).toEqual(['schemas', 'status', 'detail'])
})

test('codes, their statuses and their words change on purpose only', async () => {
  await expect(`${JSON.stringify(scimErrors, null, 2)}\n`).toMatchFileSnapshot('errors.snapshot.json')
})

test('120 characters of a slot are shown, a half character never', () => {
  const shown = (value: string) => new ScimError('value-invalid', { attribute: 'a', value, expected: 'b' })
  expect(shown('x'.repeat(120)).slots.value).toBe('x'.repeat(120))
  expect(shown('x'.repeat(121)).slots.value).toBe(`${'x'.repeat(120)}…`)
  expect(shown(`${'x'.repeat(119)}😀`).slots.value).toBe(`${'x'.repeat(119)}\ufffd…`)
  expect(shown('{attribute}').message).toBe('a: {attribute} is not b.')
  expect(new ScimError('value-invalid', { attribute: 'a' }).message).toBe('a: {value} is not {expected}.')
  expect(shown('x')).toMatchObject({ name: 'ScimError', code: 'value-invalid' })
})

test('every scimType is one that an RFC has', () => {
  const known = new Set(
    'invalidFilter tooMany uniqueness mutability invalidSyntax invalidPath noTarget invalidValue invalidVers sensitive invalidCursor expiredCursor invalidCount'.split(
      ' ',
    ),
  )
  for (const declaration of Object.values(scimErrors)) {
    if ('scimType' in declaration) expect(known).toContain(declaration.scimType)
  }
})
