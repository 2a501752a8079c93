import { expect, test } from 'vitest'
import { platform } from '../harness/platform.ts'
import { runGuide } from '../harness/run-guide.ts'
import { addUsers } from './rules.ts'

test('the commands in docs/guides/workflow-rules.md work as it says', async () => {
  const instance = await platform.instance()
  const [user] = await addUsers(instance, [{ department: 'Sales', scimSyncJobTitle: 'Pilot' }])
  await platform.settled()
  const printed = await runGuide('workflow-rules.md', instance, { USER_ID: user.id })
  expect(printed).toContain('"Oslo Harbour"')
  expect(printed).toContain('"kind":"rule-run"')
})
