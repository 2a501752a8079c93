import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { entraUser } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'

const guide = join(import.meta.dirname, '..', '..', 'docs', 'guides', 'mappings.md')

test('the commands in docs/guides/mappings.md work as it says', async () => {
  const blocks = [...(await readFile(guide, 'utf8')).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block)
  expect(blocks.length).toBeGreaterThan(6)
  const instance = await platform.instance()
  const { body: user } = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))
  await platform.settled()
  const { admin } = platform.connection()
  const env = { ADMIN: admin.url, TOKEN: admin.token, INSTANCE: instance.id, USER_ID: user.id, PATH: process.env.PATH }
  const cwd = await mkdtemp(join(tmpdir(), 'mappings-guide-'))
  try {
    const script = ['set -euo pipefail', ...blocks].join('\n')
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { env, cwd })
    expect(stdout).toContain('"after":"ENGINEER"')
    expect(stdout).toContain('"kind":"mapping-apply"')
  } finally {
    await rm(cwd, { recursive: true })
  }
  expect((await instance.admin('GET', '/mapping-set')).body).toMatchObject({ version: 3 })
})
