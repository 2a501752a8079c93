import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { signApiKey, verifyApiKey } from './api-key.ts'
import { generateSigningKey, readPublicKey, readSigningKeys, writeSigningKey } from './signing-key.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signing-keys-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('a key that was written signs what its public half verifies', async () => {
  const made = generateSigningKey()
  await writeSigningKey(folder, made)
  const { current } = await readSigningKeys(folder)
  expect(current.kid).toBe(made.kid)
  expect(current.publicKeyPem).toBe(made.publicKeyPem)
  const expiresAt = new Date(Date.now() + 1_000_000)
  const token = signApiKey({ ...current, instanceId: 'i', keyId: 'k', expiresAt })
  expect(verifyApiKey(token, () => readPublicKey(made.publicKeyPem)).instanceId).toBe('i')
})

test('a private key is readable by its owner only and is never overwritten', async () => {
  const made = generateSigningKey()
  await writeSigningKey(folder, made)
  expect((await stat(join(folder, `${made.kid}.pem`))).mode & 0o777).toBe(0o600)
  await expect(writeSigningKey(folder, made)).rejects.toThrow(/EEXIST/)
})

test('the newest key signs, unless the file current names another; all of them verify', async () => {
  const [older, newer] = [generateSigningKey(), generateSigningKey()]
  await writeSigningKey(folder, older)
  await writeSigningKey(folder, newer)
  await utimes(join(folder, `${older.kid}.pem`), 1, 1)
  expect((await readSigningKeys(folder)).current.kid).toBe(newer.kid)
  await writeFile(join(folder, 'current'), `${older.kid}\n`)
  const keys = await readSigningKeys(folder)
  expect(keys.current.kid).toBe(older.kid)
  expect([...keys.byKid.keys()].sort()).toEqual([older.kid, newer.kid].sort())
})

test('a folder that cannot serve is refused in a sentence', async () => {
  await expect(readSigningKeys(join(folder, 'absent'))).rejects.toThrow(/cannot be read/)
  await expect(readSigningKeys(folder)).rejects.toThrow(/holds no signing key/)
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
  await writeFile(join(folder, 'rsa.pem'), rsa)
  await expect(readSigningKeys(folder)).rejects.toThrow(/is not an ES256 key/)
  await writeFile(join(folder, 'rsa.pem'), 'hello')
  await expect(readSigningKeys(folder)).rejects.toThrow(/is not a private key/)
  await rm(join(folder, 'rsa.pem'))
  await writeSigningKey(folder, generateSigningKey())
  await writeFile(join(folder, 'current'), 'another')
  await expect(readSigningKeys(folder)).rejects.toThrow(/names a key that is not in the folder/)
})
