import { expect, it } from 'vitest'
import { quirksOf } from './request-quirks.ts'

const plain = {
  url: '/Users?filter=userName+eq+%22x%22&startIndex=1',
  headers: { 'user-agent': 'a' },
  namedInstance: 'i',
}

it('finds none in a request as the RFC has it', () => {
  expect(quirksOf(plain)).toEqual([])
})

it.each([
  ['open-query', { url: '/Users/1?' }],
  ['open-query', { url: '/Users?filter=userName+pr&' }],
  ['doubled-slash', { url: '//Users' }],
  ['doubled-slash', { url: '/Users/?count=1' }],
  ['parameter-name-case', { url: '/Users?startindex=1' }],
  ['unknown-parameter', { url: '/Users?aadOptscim062020' }],
  ['start-index-below-one', { url: '/Users?startIndex=0' }],
  ['content-type-missing', { headers: { 'user-agent': 'a', 'content-length': '2' } }],
  ['user-agent-missing', { headers: {} }],
  ['instance-not-in-url', { namedInstance: undefined }],
])('notices %s', (quirk, odd) => {
  expect(quirksOf({ ...plain, ...odd })).toEqual([quirk])
})
