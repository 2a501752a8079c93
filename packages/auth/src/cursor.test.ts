import { createPrivateKey, createPublicKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { cursorSigner } from './cursor.ts'
import { generateSigningKey, type SigningKey, type SigningKeys } from './signing-key.ts'

function signingKey(): SigningKey {
  const { kid, privateKeyPem, publicKeyPem } = generateSigningKey()
  const privateKey = createPrivateKey(privateKeyPem)
  return { kid, privateKey, publicKey: createPublicKey(privateKey), publicKeyPem }
}

const mounted = (current: SigningKey, ...others: SigningKey[]): SigningKeys => ({
  current,
  byKid: new Map([current, ...others].map((key) => [key.kid, key])),
})

const [old, new_] = [signingKey(), signingKey()]
const text = JSON.stringify(['Nora Ångström 🚢', 7, null])

describe('a cursor', () => {
  test('is made of unreserved characters and gives back what it holds, on every replica', () => {
    const cursor = cursorSigner(mounted(old), 'scim').sign(text)
    expect(cursor).toMatch(/^[A-Za-z0-9._~-]+$/)
    expect(cursorSigner(mounted(old), 'scim').verify(cursor)).toBe(text)
  })

  test('outlives a rotation as long as its key is mounted', () => {
    const cursor = cursorSigner(mounted(old), 'scim').sign(text)
    expect(cursorSigner(mounted(new_, old), 'scim').verify(cursor)).toBe(text)
    expect(cursorSigner(mounted(new_), 'scim').verify(cursor)).toBeUndefined()
  })

  test('of one purpose is none of another', () => {
    const cursor = cursorSigner(mounted(old), 'scim').sign(text)
    expect(cursorSigner(mounted(old), 'admin').verify(cursor)).toBeUndefined()
  })

  test('is refused in every form that was not signed', () => {
    const signer = cursorSigner(mounted(old, new_), 'scim')
    const cursor = signer.sign(text)
    const [kid, payload = '', mac = ''] = cursor.split('.')
    const forged = [
      '',
      '.',
      '..',
      'no-such-cursor',
      `A${cursor}`,
      `${cursor}A`,
      cursor.slice(0, -1),
      `${cursor}.`,
      `${kid}.${payload}`,
      `${kid}.${payload}.`,
      `${kid}.${Buffer.from('["x"]').toString('base64url')}.${mac}`,
      `${new_.kid}.${payload}.${mac}`,
    ]
    expect(forged.map((cursor) => signer.verify(cursor))).toEqual(forged.map(() => undefined))
  })

  test('is refused when any one character is another', () => {
    const signer = cursorSigner(mounted(old), 'scim')
    const cursor = signer.sign(text)
    for (let at = 0; at < cursor.length; at++) {
      const other = cursor[at] === 'A' ? 'B' : 'A'
      const changed = cursor.slice(0, at) + other + cursor.slice(at + 1)
      expect.soft(signer.verify(changed), `position ${at}`).toBeUndefined()
    }
  })
})
