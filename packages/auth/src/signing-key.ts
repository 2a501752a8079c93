import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartRefusal } from '@user-provisioning/runtime/start-refusal'

export interface SigningKey {
  /** The key's name, in each token's header. */
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** SPKI, PEM: what other services may have. */
  readonly publicKeyPem: string
}

export interface SigningKeys {
  /** The key that signs. */
  readonly current: SigningKey
  readonly byKid: ReadonlyMap<string, SigningKey>
}

const kidForm = /^[A-Za-z0-9_-]{1,64}$/

/** A new ES256 key. The kid comes from the public key, so that two keys never share one. */
export function generateSigningKey(): { kid: string; privateKeyPem: string; publicKeyPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const fingerprint = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' }))
  return {
    kid: fingerprint.digest('hex').slice(0, 16),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

/** Puts a private key into the folder as `<kid>.pem`, readable by its owner only. Never overwrites one. */
export async function writeSigningKey(folder: string, key: { kid: string; privateKeyPem: string }): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(folder, `${key.kid}.pem`), key.privateKeyPem, { mode: 0o600, flag: 'wx' })
}

/**
 * Reads a mounted folder of private keys, one `<kid>.pem` each. The file `current` names the one that signs; without it the newest does.
 * @throws StartRefusal when there is no key, a file is not an ES256 private key, or `current` names none
 */
export async function readSigningKeys(folder: string): Promise<SigningKeys> {
  const names = await fileNames(folder)
  const found: { key: SigningKey; madeAt: number }[] = []
  for (const name of names) {
    if (!name.endsWith('.pem') || name.startsWith('.')) continue
    const file = join(folder, name)
    found.push({ key: await readSigningKey(file, name.slice(0, -'.pem'.length)), madeAt: (await stat(file)).mtimeMs })
  }
  found.sort((a, b) => b.madeAt - a.madeAt || (a.key.kid < b.key.kid ? 1 : -1))
  const byKid = new Map(found.map(({ key }) => [key.kid, key]))
  const newest = found[0]?.key
  if (newest === undefined)
    throw new StartRefusal(`The folder ${folder} holds no signing key: put one there as <kid>.pem.`)
  if (!names.includes('current')) return { current: newest, byKid }
  const wanted = (await readFile(join(folder, 'current'), 'utf8')).trim()
  const current = byKid.get(wanted)
  if (current === undefined) throw new StartRefusal(`${join(folder, 'current')} names a key that is not in the folder.`)
  return { current, byKid }
}

/** The key that a public half stands for. @throws Error when it is not an ES256 key. */
export function readPublicKey(publicKeyPem: string): KeyObject {
  const key = createPublicKey(publicKeyPem)
  if (!isP256(key)) throw new Error('A signing key must be an ES256 key (EC, P-256)')
  return key
}

async function fileNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (err) {
    throw new StartRefusal(`The folder of signing keys ${folder} cannot be read.`, { cause: err })
  }
}

async function readSigningKey(file: string, kid: string): Promise<SigningKey> {
  if (!kidForm.test(kid))
    throw new StartRefusal(`${file}: a key id has 1 to 64 letters, digits, hyphens and underscores.`)
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey(await readFile(file))
  } catch (err) {
    throw new StartRefusal(`${file} is not a private key in PEM.`, { cause: err })
  }
  if (!isP256(privateKey)) throw new StartRefusal(`${file} is not an ES256 key (EC, P-256).`)
  const publicKey = createPublicKey(privateKey)
  return { kid, privateKey, publicKey, publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}

function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
}
