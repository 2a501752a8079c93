import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { platform } from '../harness/platform.ts'
import { addUsers } from './rules.ts'

const guide = join(import.meta.dirname, '..', '..', 'docs', 'guides', 'workflow-rules.md')

test('the commands in docs/guides/workflow-rules.md work as it says', async () => {
  const blocks = [...readFileSync(guide, 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '')
  expect(blocks.length).toBeGreaterThan(5)
  const instance = await platform.instance()
  const [user] = await addUsers(instance, [{ department: 'Sales', scimSyncJobTitle: 'Pilot' }])
  await platform.settled()
  const { admin } = platform.connection()
  const env = { ADMIN: admin.url, TOKEN: admin.token, INSTANCE: instance.id, USER_ID: user.id, PATH: process.env.PATH }
  const script = ['set -euo pipefail', ...blocks].join('\n')
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env })
  expect(stdout).toContain('"Oslo Harbour"')
  expect(stdout).toContain('"kind":"rule-run"')
})
