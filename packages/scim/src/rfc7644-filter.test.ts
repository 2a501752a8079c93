import { describe, expect, test } from 'vitest'
import { ScimError } from './errors.ts'
import { matches } from './filter-match.ts'
import { parseFilter } from './filter-parser.ts'
import { printFilter } from './filter-print.ts'
import type { JsonObject } from './json.ts'
import { coreUserSchema, enterpriseUserSchema, groupType, userType } from './schema.ts'

const ship = 'urn:acme:Ship:2.0:User'
const nora: JsonObject = {
  schemas: [coreUserSchema, enterpriseUserSchema],
  id: 'U1',
  externalId: 'Ext-1',
  userName: 'Nora',
  title: 'Mate 1',
  userType: 'Employee',
  active: true,
  name: { familyName: "O'Malley" },
  emails: [
    { type: 'work', value: 'n@example.com' },
    { type: 'home', value: 'n@home.test' },
  ],
  x509Certificates: [{ value: 'QUJD' }],
  [enterpriseUserSchema]: { employeeNumber: '701984', manager: { value: 'M1' } },
  [ship]: { deck: 4, draft: 2.5, aft: true, berth: 'B-12' },
  meta: { resourceType: 'User', created: '2011-05-13T04:42:34Z', lastModified: '2011-05-13T04:42:34.123Z' },
}
const is = (filter: string, resource: JsonObject = nora) => matches(parseFilter(filter, userType), resource)
const fault = (filter: string) => {
  try {
    parseFilter(filter, userType)
  } catch (err) {
    return err as ScimError
  }
  return undefined
}

describe('RFC 7644 3.4.2.2', () => {
  test('"Attribute names and attribute operators used in filters are case insensitive"', () => {
    for (const filter of [
      'userName Eq "nora"',
      'Username eq "nora"',
      'USERNAME EQ "nora" AND TITLE PR',
      'NOT (title SW "x")',
    ]) {
      expect(is(filter), filter).toBe(true)
    }
  })

  test('"The filter parameter MUST contain at least one valid expression"', () => {
    for (const filter of ['', ' ', '()', 'not ()', 'emails[]']) expect(fault(filter), filter).toBeInstanceOf(ScimError)
  })

  test('"Each expression MUST contain an attribute name followed by an attribute operator and optional value"', () => {
    for (const filter of ['userName', '"nora" eq userName', 'eq "nora"', 'userName "nora"', 'userName eq']) {
      expect(fault(filter), filter).toMatchObject({ code: 'filter-invalid' })
    }
  })

  test.each([
    // The examples of figure 2.
    ['userName eq "nora"', true],
    ['name.familyName co "O\'Malley"', true],
    ['userName sw "N"', true],
    [`${coreUserSchema}:userName sw "N"`, true],
    ['title pr', true],
    ['meta.lastModified gt "2011-05-13T04:42:34Z"', true],
    ['meta.lastModified ge "2011-05-13T04:42:34Z"', true],
    ['meta.lastModified lt "2011-05-13T04:42:34Z"', false],
    ['meta.lastModified le "2011-05-13T04:42:34Z"', false],
    ['title pr and userType eq "Employee"', true],
    ['title pr or userType eq "Intern"', true],
    [`schemas eq "${enterpriseUserSchema}"`, true],
    ['userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")', true],
    ['userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")', false],
    ['userType eq "Employee" and (emails.type eq "work")', true],
    ['userType eq "Employee" and emails[type eq "work" and value co "@example.com"]', true],
    ['emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]', true],
  ])('figure 2: %s', (filter, expected) => {
    expect(is(filter)).toBe(expected)
  })

  test.each([
    ['"eq: The attribute and operator values must be identical for a match"', 'title eq "Mate 1"', 'title eq "Mate"'],
    ['"ne: The attribute and operator values are not identical"', 'title ne "Mate"', 'title ne "mate 1"'],
    [
      '"co: The entire operator value must be a substring of the attribute value for a match"',
      'title co "ATE"',
      'title co "mate 12"',
    ],
    [
      '"sw: The entire operator value must be a substring of the attribute value, starting at the beginning of the attribute value"',
      'title sw "mat"',
      'title sw "ate"',
    ],
    [
      '"ew: The entire operator value must be a substring of the attribute value, matching at the end of the attribute value"',
      'title ew " 1"',
      'title ew "Mate"',
    ],
    [
      '"gt: If the attribute value is greater than the operator value, there is a match": lexicographical',
      'title gt "mate 0"',
      'title gt "mate 1"',
    ],
    [
      '"ge: If the attribute value is greater than or equal to the operator value": lexicographical',
      'title ge "mate 1"',
      'title ge "mate 2"',
    ],
    [
      '"lt: If the attribute value is less than the operator value": lexicographical',
      'title lt "mate 2"',
      'title lt "mate 1"',
    ],
    [
      '"le: If the attribute value is less than or equal to the operator value": lexicographical',
      'title le "mate 1"',
      'title le "mate 0"',
    ],
    ['"For integer attributes, it is a comparison by numeric value"', `${ship}:deck lt 10`, `${ship}:deck lt 4`],
    [
      'numbers have fractions, signs and exponents',
      `${ship}:draft ge 25e-1 and ${ship}:draft gt -1`,
      `${ship}:draft le 2.4999`,
    ],
    [
      '"for DateTime types, it is a chronological comparison"',
      'meta.created eq "2011-05-13T06:42:34+02:00"',
      'meta.created gt "2011-05-13T05:42:34+01:00"',
    ],
    [
      'a date without a zone is UTC',
      'meta.created eq "2011-05-13T04:42:34"',
      'meta.created ne "2011-05-13T04:42:34.000"',
    ],
  ])('%s', (_, met, unmet) => {
    expect(is(met)).toBe(true)
    expect(is(unmet)).toBe(false)
  })

  test('"for DateTime types, it is a chronological comparison": to the last of seven digits', () => {
    const at = (lastModified: string) => ({ meta: { lastModified } })
    const filter = (operator: string) => `meta.lastModified ${operator} "2011-05-13T04:42:34.1230001Z"`
    const outcomes = (lastModified: string) =>
      ['eq', 'ne', 'gt', 'ge', 'lt', 'le'].filter((operator) => is(filter(operator), at(lastModified)))
    expect(outcomes('2011-05-13T04:42:34.123Z')).toEqual(['ne', 'lt', 'le'])
    expect(outcomes('2011-05-13T04:42:34.1230001Z')).toEqual(['eq', 'ge', 'le'])
    expect(outcomes('2011-05-13T04:42:34.12300010Z')).toEqual(['eq', 'ge', 'le'])
    expect(outcomes('2011-05-13T04:42:34.1230002Z')).toEqual(['ne', 'gt', 'ge'])
    expect(outcomes('2011-05-13T04:42:34.124Z')).toEqual(['ne', 'gt', 'ge'])
  })

  test('"pr: If the attribute has a non-empty or non-null value, or if it contains a non-empty node for complex attributes, there is a match"', () => {
    for (const filter of ['title pr', 'name pr', 'emails pr', 'emails.type pr', 'manager pr', `${ship}:deck pr`])
      expect(is(filter), filter).toBe(true)
    for (const filter of ['nickName pr', 'name.givenName pr', 'ims pr', 'emails.display pr', `${ship}:crew pr`])
      expect(is(filter), filter).toBe(false)
    expect(is('name pr', { name: {} })).toBe(false)
    expect(is('title pr', { title: '' })).toBe(false)
    expect(is('emails pr', { emails: [] })).toBe(false)
  })

  test('"Boolean and Binary attributes SHALL cause a failed response (HTTP status code 400) with "scimType" of "invalidFilter""', () => {
    for (const operator of ['gt', 'ge', 'lt', 'le']) {
      expect(fault(`active ${operator} true`)).toMatchObject({ code: 'filter-invalid' })
      expect(fault(`x509Certificates.value ${operator} "QUJD"`)).toMatchObject({ code: 'filter-invalid' })
    }
    expect(is('x509Certificates eq "QUJD"')).toBe(true)
    expect(is('x509Certificates eq "qujd"')).toBe(false)
    expect(is('x509Certificates ne "x"')).toBe(true)
  })

  test.each([
    ['title eq "x" and title eq "x" or userName eq "nora"', true],
    ['userName eq "nora" or title eq "x" and title eq "x"', true],
    ['(userName eq "nora" or title eq "x") and title eq "x"', false],
    ['not (title eq "x") and userName eq "x"', false],
    ['not (title eq "x") or userName eq "x"', true],
    ['not (title eq "x" or userName eq "nora")', false],
    ['not (title eq "x") and not (userName eq "x")', true],
  ])(
    '"1. Grouping operators 2. Logical operators - where "not" takes precedence over "and", which takes precedence over "or" 3. Attribute operators": %s',
    (filter, expected) => {
      expect(is(filter)).toBe(expected)
    },
  )

  test('"if a User has multiple "emails" values, only one has to match for the entire User to match"', () => {
    expect(is('emails.value ew "home.test"')).toBe(true)
    expect(is('emails.type ne "work"')).toBe(true)
    expect(is('emails.type eq "work" and emails.value ew "home.test"')).toBe(true)
    expect(is('emails[type eq "work" and value ew "home.test"]')).toBe(false)
    expect(is('emails[type eq "work"].value ew "home.test"')).toBe(false)
  })

  test('"For complex attributes, a fully qualified sub-attribute MUST be specified"; but `value` where there is one', () => {
    expect(fault('name eq "x"')).toMatchObject({ code: 'filter-invalid' })
    expect(fault('addresses co "x"')).toMatchObject({ code: 'filter-invalid' })
    expect(printFilter(parseFilter('emails eq "x"', userType))).toBe('emails.value eq "x"')
    expect(printFilter(parseFilter('members eq "x"', groupType))).toBe('members.value eq "x"')
    expect(is('manager eq "m1"')).toBe(true)
  })

  test("\"Providers MUST decline to filter results if the specified filter operation is not recognized [...] 'The operator 'regex' is not supported.'\"", () => {
    expect(fault('userName regex "x"')).toMatchObject({
      code: 'filter-invalid',
      slots: { position: '10', why: 'there is no operator regex' },
    })
    expect(fault('userName "x"')).toMatchObject({ slots: { position: '10', why: 'an operator is missing' } })
  })

  test('"the case sensitivity for String type attributes SHALL be determined by the attribute\'s "caseExact" characteristic"', () => {
    expect(is('userName eq "NORA"')).toBe(true)
    expect(is('externalId eq "ext-1"')).toBe(false)
    expect(is('id sw "u"')).toBe(false)
    expect(is('externalId ew "-1" and id eq "U1"')).toBe(true)
  })

  test('"Clients MAY query by schema or schema extensions by using a filter expression including the "schemas" attribute"', () => {
    expect(is(`schemas eq "${enterpriseUserSchema}"`)).toBe(true)
    expect(is(`schemas eq "${ship}"`)).toBe(false)
  })

  test('figure 1, compValue = false / null / true / number / string', () => {
    expect(is('active eq true and active ne false')).toBe(true)
    expect(is('nickName eq null and title ne null')).toBe(true)
    expect(is(`${ship}:aft eq TRUE and ${ship}:draft eq 2.5`)).toBe(true)
    expect(is('name.familyName eq "o\\u0027malley"')).toBe(true)
  })

  test('a null is compared by nothing but eq and ne', () => {
    for (const operator of ['co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']) {
      expect(fault(`title ${operator} null`)).toMatchObject({
        code: 'filter-invalid',
        slots: { position: String(8 + operator.length) },
      })
    }
  })

  test('a filter over 8,192 bytes is refused, one of 8,192 is read', () => {
    const filter = (bytes: number, of: string) => `userName eq "${of.repeat((bytes - 14) / Buffer.byteLength(of))}"`
    expect(fault(filter(8192, 'a'))).toBeUndefined()
    expect(fault(filter(8193, 'a'))).toMatchObject({ slots: { position: '1', why: 'it is longer than 8192 bytes' } })
    expect(fault(filter(8192, 'ü'))).toBeUndefined()
    expect(fault(filter(8194, 'ü'))).toMatchObject({ slots: { position: '1' } })
    expect(fault(filter(8195, '水'))).toMatchObject({ slots: { position: '1' } })
  })
})

describe('dates that are none are refused', () => {
  test.each([
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-01-01T25:00:00Z',
    '2026-01-01',
    '2026-01-01T00:00Z',
    '26-01-01T00:00:00Z',
    'x2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00Zx',
    '',
  ])('%j', (date) => {
    expect(fault(`meta.created gt "${date}"`)).toMatchObject({ code: 'filter-invalid', slots: { position: '17' } })
  })

  test.each(['2028-02-29T00:00:00Z', '2026-01-01t00:00:00z', '2026-01-01T00:00:00.1+14:00', '0001-01-01T00:00:00Z'])(
    '%j is one',
    (date) => {
      expect(fault(`meta.created gt "${date}"`)).toBeUndefined()
    },
  )
})
