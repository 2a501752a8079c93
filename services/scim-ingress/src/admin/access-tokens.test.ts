import { hashAccessToken, newAccessToken } from '@user-provisioning/auth/access-token'
import type { AccessTokenRecord } from '@user-provisioning/contracts/states'
import { expect, it } from 'vitest'
import { type KnownTokens, tokensByHash } from './access-tokens.ts'

function recordOf(id: string, token: string): AccessTokenRecord {
  const principal = { id: 'p', name: 'Ada' }
  return { id, hash: hashAccessToken(token), principal, grants: [], expiresAt: null, version: 1 }
}

it('finds tokens that were there and that come later, and no longer those that were replaced or removed', () => {
  const [first, second, third] = [newAccessToken(), newAccessToken(), newAccessToken()]
  let change: Parameters<KnownTokens['onChange']>[0] = () => {}
  const find = tokensByHash({
    values: () => [recordOf('a', first)],
    onChange(listener) {
      change = listener
    },
  })
  expect(find(first)?.id).toBe('a')
  expect(find(second)).toBeUndefined()

  change('b', recordOf('b', second))
  expect(find(second)?.id).toBe('b')

  change('a', recordOf('a', third))
  expect(find(first)).toBeUndefined()
  expect(find(third)?.id).toBe('a')

  change('b', undefined)
  expect(find(second)).toBeUndefined()
})

it('does not take a hash for a token', () => {
  const token = newAccessToken()
  const find = tokensByHash({ values: () => [recordOf('a', token)], onChange: () => {} })
  expect(find(hashAccessToken(token))).toBeUndefined()
})
