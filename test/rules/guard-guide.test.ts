import { expect, test } from 'vitest'
import { platform } from '../harness/platform.ts'
import { runGuide } from '../harness/run-guide.ts'

test('the commands in docs/guides/deprovision-guard.md work as it says', async () => {
  const printed = await runGuide('deprovision-guard.md', await platform.instance())
  expect(printed).toContain('"state":"armed"')
  expect(printed).toContain('"kind":"guard-release"')
})
