import { expect, test } from 'vitest'
import { entityTags, matchesTag, weakTag } from './etag.ts'

test.each<[string | string[], boolean]>([
  ['W/"7"', true],
  ['"7"', true],
  ['*', true],
  ['"6", W/"7"', true],
  ['"6",W/"8"', false],
  ['W/"77"', false],
  ['7', false],
  ['', false],
  ['"a,*"', false],
  [['W/"7"'], true],
  [['"6"', '7'], false],
  [[], false],
])('%j names version 7: %s', (header, expected) => {
  expect(matchesTag(header, 7)).toBe(expected)
})

test('a tag matches itself', () => {
  expect(weakTag(7)).toBe('W/"7"')
  expect(matchesTag(weakTag(7), 7)).toBe(true)
})

test('tags are told apart', () => {
  expect(entityTags('W/"1", "2,3" , *, 4')).toEqual(['W/"1"', '"2,3"', '*'])
  expect(entityTags('7')).toEqual([])
  expect(entityTags('W/1, w/"1", "W/"')).toEqual(['"1"', '"W/"'])
})
