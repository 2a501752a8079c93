import { expect, it } from 'vitest'
import { clientProfileOf } from './client-profile.ts'

it.each([
  ['no User-Agent at all', {}, 'entra'],
  ["Entra's own header", { adscimversion: '6.0', 'user-agent': 'anything' }, 'entra'],
  ['Okta', { 'user-agent': 'Okta SCIM Client 1.0.0' }, 'okta'],
  ['OneLogin', { 'user-agent': 'OneLogin SCIM' }, 'onelogin'],
  ['JumpCloud', { 'user-agent': 'JumpCloud' }, 'jumpcloud'],
  ['Google', { 'user-agent': 'Google-Auto-Provisioning' }, 'google'],
  ['curl', { 'user-agent': 'curl/8.5.0' }, 'generic'],
])('is told by %s', (_, headers, profile) => {
  expect(clientProfileOf(headers)).toBe(profile)
})
