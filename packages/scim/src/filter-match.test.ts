import { describe, expect, test } from 'vitest'
import { matches } from './filter-match.ts'
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
