import { describe, expect, test } from 'vitest'
import { compareTexts, matches } from './filter-match.ts'
import { parseFilter } from './filter-parser.ts'
import { coreUserSchema, enterpriseUserSchema, userType } from './schema.ts'

const nora = {
  schemas: [coreUserSchema, enterpriseUserSchema],
  id: 'U1',
  externalId: 'AbC',
  userName: 'Nora@Harbour.test',
  active: false,
  name: { givenName: 'Nora', familyName: 'Quist' },
  title: '.b*c(d)[e]^f$',
  emails: [
    { type: 'work', value: 'nora@harbour.test', primary: true },
    { type: 'home', value: 'n@home.test' },
  ],
  groups: [{ value: 'g1', display: 'Crew' }],
  [enterpriseUserSchema]: { manager: { value: 'M1' } },
  'urn:acme:Ship:2.0:User': { berth: 'B-12', deck: 4, aft: true },
  meta: { created: '2026-11-02T09:30:00.123Z' },
}
const isMatch = (text: string) => matches(parseFilter(text, userType), nora)

describe('matches', () => {
  test.each([
    'userName eq "NORA@harbour.TEST"',
    'userName sw "nora"',
    'userName ew ".TEST"',
    'userName gt "nora"',
    'externalId eq "AbC"',
    'id eq "U1"',
    'active eq false',
    'active ne true',
    'name.familyName co "UIS"',
    'title co "c(d)[e]"',
    'title ew "^f$"',
    'nickName ne "x"',
    'not (nickName pr)',
    'emails pr',
    'emails co "home"',
    'emails.type ne "work"',
    'emails[type eq "work" and value co "harbour"]',
    'emails[type eq "work"].value eq "NORA@harbour.test"',
    'emails[not (primary pr)]',
    'emails.primary ne true',
    'groups eq "g1"',
    'manager eq "m1"',
    'meta.created ge "2026-11-02T10:30:00.1230000+01:00"',
    'meta.created lt "2199-09-23T19:35:41.8420572+02:00"',
    `schemas eq "${enterpriseUserSchema}"`,
    'urn:acme:Ship:2.0:User:berth eq "b-12"',
    'urn:acme:Ship:2.0:User:deck ge 4',
    'urn:acme:Ship:2.0:User:aft eq true',
    'userName eq "x" and userName eq "x" or externalId eq "AbC"',
  ])('%s', (text) => {
    expect(isMatch(text)).toBe(true)
  })
})

describe('does not match', () => {
  test.each([
    'userName eq "nora"',
    'externalId eq "abc"',
    'id eq "u1"',
    'active eq true',
    'nickName eq "x"',
    'nickName gt "a"',
    'title co ".*"',
    'emails[type eq "work" and value co "home"]',
    'photos.type ne "x"',
    'not (emails pr)',
    'urn:acme:Ship:2.0:User:deck gt 4',
    'urn:acme:Ship:2.0:User:deck eq "4"',
    'urn:acme:Ship:2.0:User:constructor pr',
    'userName eq "x" and (userName eq "x" or externalId eq "AbC")',
  ])('%s', (text) => {
    expect(isMatch(text)).toBe(false)
  })
})

describe('what no schema declares has many values if it has a list', () => {
  const ship = 'urn:acme:Ship:2.0:User'
  const stored = {
    [ship]: {
      tags: ['a', 5, true],
      crew: [{ name: 'x', ages: [1, 9] }, { rank: '' }],
      cabin: { no: 4, keys: ['k'] },
      none: [],
      nulls: [null, ''],
    },
  }
  const met = (text: string) => matches(parseFilter(text.replaceAll('$', `${ship}:`), userType), stored)

  test.each([
    '$tags eq "A"',
    '$tags eq 5',
    '$tags gt 4',
    '$tags eq true',
    '$tags pr',
    '$tags ne "b"',
    '$crew.name eq "x"',
    '$crew.name pr',
    '$crew.ages ge 9',
    '$crew.ages pr',
    '$crew pr',
    '$cabin pr',
    '$cabin.no eq 4',
    '$cabin.keys eq "k"',
    '$cabin.keys pr',
    '$crew[name eq "x" and ages lt 2]',
    '$crew[not (name pr)]',
    '$missing ne "x"',
    '$none ne "x"',
    'not ($none pr)',
  ])('%s', (text) => {
    expect(met(text)).toBe(true)
  })

  test.each([
    '$tags ne "a"',
    '$tags eq "5"',
    '$tags eq 6',
    '$tags eq false',
    '$tags lt "a"',
    '$crew.rank pr',
    '$crew.ages eq 2',
    '$crew[name eq "x" and rank pr]',
    '$cabin[no eq 4]',
    '$tags[no eq 4]',
    '$cabin.none pr',
    '$none pr',
    '$nulls pr',
    '$missing pr',
    '$missing eq "x"',
    '$missing.part eq "x"',
  ])('not %s', (text) => {
    expect(met(text)).toBe(false)
  })
})

test('a value of another type than the attribute has meets nothing', () => {
  const odd = { userName: 5, meta: { created: 5, lastModified: 'x' }, emails: 'x', name: 'x' } as never
  const is = (text: string) => matches(parseFilter(text, userType), odd)
  for (const text of [
    'userName eq "5"',
    'userName co "5"',
    'meta.created le "2026-01-01T00:00:00Z"',
    'emails pr',
    'emails eq "x"',
    'emails[value pr]',
    'name.givenName pr',
  ]) {
    expect(is(text), text).toBe(false)
  }
  expect(is('meta.lastModified ne "2026-01-01T00:00:00Z"')).toBe(true)
})

test('texts are ordered by code point, as the store orders them', () => {
  const ordered = [
    '',
    '\0',
    'A',
    'a',
    'a\0',
    'aa',
    'ab',
    'b',
    'å',
    '\uffee',
    '\uffee😀',
    '😀',
    '😀a',
    '😀\uffee',
    '😁',
    '\u{10ffff}',
  ]
  const signs = ordered.map((one) => ordered.map((two) => Math.sign(compareTexts(one, two))))
  expect(signs).toEqual(ordered.map((_, row) => ordered.map((_, column) => Math.sign(row - column))))
})
