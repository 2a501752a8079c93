import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestInstance } from './instance.ts'
import { platform } from './platform.ts'

/**
 * Runs the commands of a page of docs/guides, in their order, in an empty folder.
 * @param more what else the page says that its reader has, by the names of shell variables
 * @returns what they printed
 * @throws with what they printed, when one of them fails
 */
export async function runGuide(page: string, instance: TestInstance, more: NodeJS.ProcessEnv = {}): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'guides', page), 'utf8')
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '')
  if (blocks.length < 2) throw new Error(`${page} has no commands`)
  const { admin } = platform.connection()
  const env = { ADMIN: admin.url, TOKEN: admin.token, INSTANCE: instance.id, PATH: process.env.PATH, ...more }
  const cwd = await mkdtemp(join(tmpdir(), 'user-provisioning-guide-'))
  try {
    const script = ['set -euo pipefail', ...blocks].join('\n')
    return (await promisify(execFile)('bash', ['-c', script], { env, cwd })).stdout
  } finally {
    await rm(cwd, { recursive: true })
  }
}
