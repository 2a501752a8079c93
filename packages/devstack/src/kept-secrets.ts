import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { isAccessToken, newAccessToken } from '@user-provisioning/auth/access-token'
import { generateSigningKey, writeSigningKey } from '@user-provisioning/auth/signing-key'

/** An instance that a start has made, with the only copy of its API key. */
export interface KeptInstance {
  instanceId: string
  secretToken: string
}

/** The bootstrap administrator's access token, made once and kept in `file`, readable by its owner alone. */
export async function keptAdminToken(file: string): Promise<string> {
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (isAccessToken(kept)) return kept
  const token = newAccessToken()
  await writeSecret(file, `${token}\n`)
  return token
}

/** Makes sure that `folder` holds a signing key. */
export async function keptSigningKeys(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  if (!names.some((name) => name.endsWith('.pem'))) await writeSigningKey(folder, generateSigningKey())
}

/** The instances that earlier starts have made, in the order they were made. */
export async function keptInstances(file: string): Promise<KeptInstance[]> {
  const text = await readFile(file, 'utf8').catch(() => '[]')
  return JSON.parse(text) as KeptInstance[]
}

/** Writes the list of instances, readable by its owner alone. */
export function keepInstances(file: string, instances: readonly KeptInstance[]): Promise<void> {
  return writeSecret(file, `${JSON.stringify(instances, null, 2)}\n`)
}

async function writeSecret(file: string, text: string): Promise<void> {
  const part = `${file}.part`
  await writeFile(part, text, { mode: 0o600 })
  await rename(part, file)
}
