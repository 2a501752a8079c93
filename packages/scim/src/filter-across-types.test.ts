import { describe, expect, test } from 'vitest'
import { parseFilterAcross } from './filter-across-types.ts'
import { matches } from './filter-match.ts'
import { parseFilter } from './filter-parser.ts'
import { printFilter } from './filter-print.ts'
import { groupType, userType } from './schema.ts'

const both = (text: string) =>
  parseFilterAcross(text, [userType, groupType]).map((filter) =>
    typeof filter === 'boolean' ? filter : printFilter(filter),
  )

describe('RFC 7644 3.4.2.1: for an attribute that a type does not have, the filter is answered as if it had no value', () => {
  test.each<[string, (string | boolean)[]]>([
    ['displayName eq "Crew"', ['displayName eq "Crew"', 'displayName eq "Crew"']],
    ['userName eq "nora"', ['userName eq "nora"', false]],
    ['userName pr', ['userName pr', false]],
    ['not (userName pr)', ['not (userName pr)', true]],
    ['userName ne "nora"', ['userName ne "nora"', true]],
    ['emails ne "n@x"', ['emails.value ne "n@x"', false]],
    ['members eq "u"', [false, 'members.value eq "u"']],
    ['emails[type eq "work"]', ['emails[type eq "work"]', false]],
    ['userName eq "a" or displayName eq "b"', ['userName eq "a" or displayName eq "b"', 'displayName eq "b"']],
    ['userName eq "a" and displayName eq "b"', ['userName eq "a" and displayName eq "b"', false]],
    ['userName ne "a" and displayName eq "b"', ['userName ne "a" and displayName eq "b"', 'displayName eq "b"']],
    ['userName ne "a" or displayName eq "b"', ['userName ne "a" or displayName eq "b"', true]],
    ['not (userName eq "a" or members pr)', ['not (userName eq "a")', 'not (members pr)']],
    ['urn:acme:Ship:2.0:User:deck eq 4', ['urn:acme:Ship:2.0:User:deck eq 4', 'urn:acme:Ship:2.0:User:deck eq 4']],
  ])('%s', (text, filters) => {
    expect(both(text)).toEqual(filters)
  })

  test('in words: what is left for a user answers as the whole filter does', () => {
    const text = 'not (members pr) and (userName sw "n" or members eq "u")'
    const [filter] = parseFilterAcross(text, [userType, groupType])
    if (typeof filter !== 'object') throw new Error('a filter is left')
    expect(printFilter(filter)).toBe(printFilter(parseFilter('userName sw "n"', userType)))
    expect(matches(filter, { userName: 'Nora' })).toBe(true)
  })
})

test.each([
  ['userName eq', 'filter-invalid'],
  ['shoeSize eq 44', 'filter-invalid'],
  ['password eq "x"', 'sensitive-in-url'],
])('%s is refused: none of the types knows better', (text, code) => {
  expect(() => parseFilterAcross(text, [userType, groupType])).toThrow(expect.objectContaining({ code }))
})
