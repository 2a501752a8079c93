import { expect, test } from 'vitest'
import { platform } from '../harness/platform.ts'
import { runGuide } from '../harness/run-guide.ts'

test('the commands in docs/guides/importing-accounts.md work as it says', async () => {
  const instance = await platform.instance()
  const printed = await runGuide('importing-accounts.md', instance)
  expect(printed).toContain(
    '0,4,,/userName,user-name-taken,nora@import-guide.test is taken by another user of this instance.',
  )
  expect(printed).toContain(
    '"dryRun":true,"perSecond":null},"result":{"rows":3,"imported":2,"unchanged":0,"refused":1}',
  )
  expect(printed).toContain('nora@import-guide.test,nora@new.import-guide.test,')
  const { items } = (await instance.admin('GET', '/users?userName=nora@new.import-guide.test')).body
  const nora = (await instance.admin('GET', `/users/${items[0].id}`)).body
  expect(nora.fields).toMatchObject({ firstName: 'Nora', lastName: 'Quist-Berg' })
})
