import { describe, expect, test } from 'vitest'
import { ScimError } from './errors.ts'
import { parseFilter } from './filter-parser.ts'
import { printFilter } from './filter-print.ts'
import { enterpriseUserSchema, groupType, userType } from './schema.ts'

const print = (text: string) => printFilter(parseFilter(text, userType))

describe('a filter is read as', () => {
  test.each([
    ['userName eq "nora"', 'userName eq "nora"'],
    ['  USERNAME   Eq   "nora"  ', 'userName eq "nora"'],
    ['title pr', 'title pr'],
    ['a2 eq 1', null],
    ['title eq "a" and title eq "b" or title eq "c"', 'title eq "a" and title eq "b" or title eq "c"'],
    ['title eq "a" and (title eq "b" or title eq "c")', 'title eq "a" and (title eq "b" or title eq "c")'],
    ['not (title pr)', 'not (title pr)'],
    ['NOT(title pr)', 'not (title pr)'],
    ['active eq True', 'active eq true'],
    ['active eq "True"', 'active eq true'],
    ['title eq null', 'not (title pr)'],
    ['title ne null', 'title pr'],
    ['emails co "x"', 'emails.value co "x"'],
    ['emails[type eq "work"]', 'emails[type eq "work"]'],
    ['emails[type eq "work"].value eq "x"', 'emails[type eq "work" and value eq "x"]'],
    ['emails[type eq "a" or type eq "b"].value pr', 'emails[(type eq "a" or type eq "b") and value pr]'],
    ['roles[primary eq "True"].value eq "x"', 'roles[primary eq true and value eq "x"]'],
    ['name[givenName eq "N" and not (familyName pr)]', 'name.givenName eq "N" and not (name.familyName pr)'],
    ['manager eq "x"', `${enterpriseUserSchema}:manager.value eq "x"`],
    ['manager[value eq "x"]', `${enterpriseUserSchema}:manager.value eq "x"`],
    ['urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "work"]', 'emails[type eq "work"]'],
    ['urn:acme:Ship:2.0:User:deck ge 4', 'urn:acme:Ship:2.0:User:deck ge 4'],
    ['meta.created ge "2026-11-02T09:30:00.1234567Z"', 'meta.created ge "2026-11-02T09:30:00.1234567Z"'],
    ['userName eq "x\\" or userName pr or userName eq \\"y"', 'userName eq "x\\" or userName pr or userName eq \\"y"'],
    ['userName eq "\\u0041"', 'userName eq "A"'],
    ['externalId eq jyoung', 'externalId eq "jyoung"'],
    ['userName eq nora@harbour.test and title sw 5', 'userName eq "nora@harbour.test" and title sw "5"'],
    ['meta.created ge 2026-11-02T09:30:00.1234567+01:00', 'meta.created ge "2026-11-02T09:30:00.1234567+01:00"'],
    ['urn:acme:Ship:2.0:User:deck eq 4', 'urn:acme:Ship:2.0:User:deck eq 4'],
    ['urn:acme:Ship:2.0:User:berth eq B12', 'urn:acme:Ship:2.0:User:berth eq "B12"'],
  ])('%s', (text, printed) => {
    if (printed === null) expect(() => print(text)).toThrow(ScimError)
    else expect(print(text)).toBe(printed)
  })

  test('members eq "x" of a group', () => {
    expect(printFilter(parseFilter('id eq "g" and members eq "u"', groupType))).toBe(
      'id eq "g" and members.value eq "u"',
    )
  })
})

describe('refused with the place where it is wrong', () => {
  test.each([
    ['', 1],
    ['userName', 9],
    ['userName eq', 12],
    ['active eq jyoung', 11],
    ['userName eq "a")', 16],
    ['(userName eq "a"', 17],
    ['userName eq "a" and', 20],
    ['or userName eq "a"', 1],
    ['eq "a"', 1],
    ['userName eq "a', 13],
    ['emails[type eq "work"', 22],
    ['emails[]', 8],
    ['emails[type[a eq "b"] eq "c"]', 12],
    ['emails[emails.type eq "x"]', 8],
    ['userName[value eq "x"]', 9],
    ['userName eq "a" "b"', 17],
    ['not userName eq "a"', 1],
    ['()', 2],
    ['userName\0 eq "a"', 9],
    ['userName eq "a\0b"', 13],
    ['userName eq "\\x41"', 13],
    ['userName eq "\\ud800"', 13],
    ['urn:acme:Ship:2.0:User:deck eq 1e99999', 32],
    ['userName eq true', 13],
    ['userName eq \u0007', 13],
    ['shoeSize eq "44"', 1],
    ['__proto__ eq "x"', 1],
    ['constructor.name eq "Object"', 1],
    ['toString pr', 1],
    ['$where eq "1"', 1],
    ['_id pr', 1],
    ['active eq "banana"', 11],
    ['active gt true', 11],
    ['title gt null', 10],
    ['name eq "x"', 9],
    ['meta.created gt "9999-99-99T99:99:99Z"', 17],
    ['meta.created co "2026"', 17],
    ['x509Certificates gt "a"', 21],
    ['userName .x eq "a"', 10],
    ['userName ; "a"', 10],
  ])('%j at %i', (text, position) => {
    let caught: unknown
    try {
      parseFilter(text, userType)
    } catch (err) {
      caught = err
    }
    expect(caught).toBeInstanceOf(ScimError)
    expect(caught).toMatchObject({ code: 'filter-invalid', slots: { position: String(position) } })
  })

  test('password is sensitive', () => {
    expect(() => parseFilter('password eq "x"', userType)).toThrow(
      expect.objectContaining({ code: 'sensitive-in-url' }),
    )
  })
})

describe('a hostile filter is refused', () => {
  test.each([
    ['3,000 open parentheses', '('.repeat(3000)],
    ['3,000 nested parentheses', `${'('.repeat(3000)}userName pr${')'.repeat(3000)}`],
    ['1,000 nested not', `${'not ('.repeat(1000)}userName pr${')'.repeat(1000)}`],
    ['51 nested parentheses', `${'('.repeat(51)}userName pr${')'.repeat(51)}`],
    ['40,000 characters', `userName eq "${'a'.repeat(40_000)}"`],
    ['over 8 kB in UTF-8', `userName eq "${'ü'.repeat(4100)}"`],
    ['a million quotes', '"'.repeat(1_000_000)],
    ['backslashes without an end', `userName eq "${'\\'.repeat(8000)}`],
  ])('%s', (_, text) => {
    expect(() => parseFilter(text, userType)).toThrow(ScimError)
  })

  test('50 nested parentheses, 60 side by side and 350 conditions are still read', () => {
    expect(print(`${'('.repeat(50)}userName pr${')'.repeat(50)}`)).toBe('userName pr')
    expect(print(Array(60).fill('(userName pr)').join(' and '))).toHaveLength(60 * 11 + 59 * 5)
    expect(print(Array(350).fill('userName eq "a"').join(' or '))).toHaveLength(350 * 15 + 349 * 4)
  })
})

describe('the sentence of a refusal says what and why', () => {
  const ship = 'urn:acme:Ship:2.0:User'
  test.each([
    ['', 'an attribute is missing'],
    ['(title pr', 'a closing parenthesis is missing'],
    ['not (title pr', 'a closing parenthesis is missing'],
    ['emails[type pr', 'a closing bracket is missing'],
    ['shoe pr', 'there is no attribute shoe'],
    ['emails[shoe pr]', 'there is no attribute shoe'],
    ['emails[type pr].shoe pr', 'there is no attribute shoe'],
    ['title[value pr]', 'title has no parts to choose by'],
    ['emails.type[value pr]', 'emails.type has no parts to choose by'],
    ['title', 'an operator is missing'],
    ['title is "x"', 'there is no operator is'],
    ['title eq', 'a value is missing'],
    ['title eq (', 'a value is missing'],
    ['title pr title', 'nothing more can stand here'],
    ['title lt null', 'null cannot be compared by lt'],
    ['name eq "x"', 'name has no value to compare; name one of its parts'],
    ['active eq "x"', 'active eq takes true or false'],
    ['active eq x', 'a text value must stand in double quotes'],
    ['active lt true', 'a boolean cannot be compared by lt'],
    [`${ship}:a lt true`, 'a boolean cannot be compared by lt'],
    [`${ship}:a sw 5`, 'a number cannot be compared by sw'],
    [`${ship}:a co 5`, 'a number cannot be compared by co'],
    [`${ship}:a ew -5`, 'a number cannot be compared by ew'],
    [`${ship}:a eq 1e999`, 'the number is too large'],
    ['title eq true', 'title eq takes a text in double quotes'],
    ['meta.created sw "2026"', 'meta.created sw takes no dates'],
    ['meta.created eq "x"', 'meta.created eq takes a date and time such as "2026-11-02T09:30:00Z"'],
    ['meta.created eq true', 'meta.created eq takes a date and time such as "2026-11-02T09:30:00Z"'],
    ['x509Certificates lt "x"', 'x509Certificates.value lt takes no order'],
    ['x509Certificates eq true', 'x509Certificates.value eq takes no order'],
    [`${'('.repeat(51)}title pr${')'.repeat(51)}`, 'it is nested deeper than 50'],
    ['title eq "x', 'the quote is not closed'],
    ['title eq "\\x"', 'the quoted value is not a JSON string'],
    ['title eq "\\ud800"', 'the quoted value holds half a character'],
    ['title . eq', 'a dot cannot stand here'],
    ['emails[type pr]. value', 'a dot cannot stand here'],
    ['title ; "x"', 'this character cannot stand here'],
  ])('%s', (text, why) => {
    expect(() => parseFilter(text, userType)).toThrow(
      expect.objectContaining({ slots: expect.objectContaining({ why }) }),
    )
  })

  test('a path that needs a name says so', () => {
    expect(() => parseFilter('password eq "x"', userType)).toThrow('password must not stand in a URL.')
  })
})

test.each([
  ['urn:a:1.0:b:x eq -0.50e+2', 'urn:a:1.0:b:x eq -50'],
  ['urn:a:1.0:b:x eq 12.75', 'urn:a:1.0:b:x eq 12.75'],
  ['urn:a:1.0:b:x eq 1.2.3', 'urn:a:1.0:b:x eq "1.2.3"'],
  ['urn:a:1.0:b:x eq 5x', 'urn:a:1.0:b:x eq "5x"'],
  ['urn:a:1.0:b:x eq x5', 'urn:a:1.0:b:x eq "x5"'],
  ['urn:a:1.0:b:x eq 5e', 'urn:a:1.0:b:x eq "5e"'],
  ['urn:a:1.0:b:x eq "5"', 'urn:a:1.0:b:x eq "5"'],
  [
    'manager[value eq "a" or not (value pr)]',
    `${enterpriseUserSchema}:manager.value eq "a" or not (${enterpriseUserSchema}:manager.value pr)`,
  ],
  ['not title pr', null],
  ['title pr and', null],
])('%s is read as %s', (text, printed) => {
  if (printed === null) expect(() => print(text)).toThrow(ScimError)
  else expect(print(text)).toBe(printed)
})
