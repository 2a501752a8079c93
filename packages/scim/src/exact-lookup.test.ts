import { expect, test } from 'vitest'
import { exactLookup } from './exact-lookup.ts'
import { parseFilter } from './filter-parser.ts'
import { groupType, userType } from './schema.ts'

const work = 'emails[type eq "work"].value'

test.each([
  ['userName eq "Nora"', 'userName', 'Nora'],
  ['USERNAME EQ "Nora"', 'userName', 'Nora'],
  ['(userName eq "Nora")', 'userName', 'Nora'],
  ['urn:ietf:params:scim:schemas:core:2.0:User:userName eq "Nora"', 'userName', 'Nora'],
  ['externalId eq "X"', 'externalId', 'X'],
  ['emails[type eq "Work"].value eq "n@x"', work, 'n@x'],
  ['emails[type eq "home"].value eq "n@x"', work, undefined],
  ['emails[type eq "work" and primary eq true].value eq "n@x"', work, undefined],
  ['emails[type eq "work" and value eq "n@x" and primary eq true]', work, undefined],
  ['emails.value eq "n@x"', work, undefined],
  ['userName eq "Nora" and active eq true', 'userName', undefined],
  ['not (userName eq "Nora")', 'userName', undefined],
  ['userName ne "Nora"', 'userName', undefined],
  ['userName sw "Nora"', 'userName', undefined],
  ['displayName eq "Nora"', 'userName', undefined],
  ['active eq true', 'userName', undefined],
])('%s looks up %s: %s', (text, attribute, value) => {
  expect(exactLookup(parseFilter(text, userType), attribute, userType)).toBe(value)
})

test('a group is looked up by its name', () => {
  expect(exactLookup(parseFilter('displayName eq "Crew"', groupType), 'displayName', groupType)).toBe('Crew')
})

test.each([
  ['emails[type eq "work"]', 'emails[type eq "work"].value'],
  ['emails[type eq "work" or value eq "x"]', 'emails[type eq "work"].value'],
  ['photos[type eq "work"].value eq "x"', 'emails[type eq "work"].value'],
  ['emails[type eq "work"].value pr', 'emails[type eq "work"].value'],
  ['emails[type eq "work"].value eq "x"', 'userName'],
  ['title pr', 'title'],
  ['active eq true', 'active eq true or userName'],
])('%s looks up nothing by %s', (text, attribute) => {
  expect(exactLookup(parseFilter(text, userType), attribute, userType)).toBeUndefined()
})
